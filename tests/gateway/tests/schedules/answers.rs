//! A model for schedules: every run of a question gives another answer, so that two of them can't pass for one.

use super::fate::Fate;
use async_stream::stream;
use futures_util::StreamExt;
use inferkit_gateway::{
    answers::{Answers, End, Piece, Pieces},
    failure::Failure,
    question::Question,
};
use inferkit_widget::{error::Code, wire::Finish};
use parking_lot::Mutex;
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::sleep;

/// How one run goes.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// Milliseconds before the first piece, and before each further one.
    first_ms: u64,
    gap_ms: u64,
    /// Pieces of white space that come first; there is nothing to see of them.
    blank: usize,
    /// Pieces with words.
    words: usize,
    /// Before this piece it is silent for longer than anybody waits.
    silent_at: Option<usize>,
    ends: Ends,
}

#[derive(Clone, Copy, Debug, Default)]
enum Ends {
    #[default]
    Well,
    /// After so many pieces.
    Fails(usize, Code),
    BreaksOff(usize),
}

impl Telling {
    pub fn draw(fate: &mut Fate, bad: u64) -> Self {
        let mut telling = Self {
            first_ms: fate.span(3_000),
            gap_ms: fate.span(2_000),
            blank: if fate.percent(20) { 1 + fate.below(2) as usize } else { 0 },
            words: 1 + fate.below(6) as usize,
            ..Self::default()
        };
        if fate.percent(bad / 2) {
            let at = fate.below(5) as usize;
            match fate.below(10) {
                0..3 => telling.first_ms = fate.pick(&[9_000, 11_000, 25_000, 70_000]),
                3 => telling.silent_at = Some(at),
                4 => telling.words = 0,
                5..9 => {
                    let codes = [Code::ProviderUnavailable, Code::ProviderUnavailable, Code::InternalError];
                    telling.ends = Ends::Fails(at, fate.pick(&codes));
                }
                _ => telling.ends = Ends::BreaksOff(at),
            }
        }
        telling
    }
}

/// A run that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    pub question: String,
    /// All that it would say, were it not to fail.
    pub text: String,
    /// Pieces that it has to say before its end.
    pub pieces: usize,
    /// It comes to a good end.
    pub well: bool,
}

#[derive(Default)]
pub struct Teller {
    /// Those to come; afterwards all goes well.
    pub tellings: Arc<Mutex<VecDeque<Telling>>>,
    pub runs: Arc<Mutex<Vec<Begun>>>,
}

impl Teller {
    pub fn new(tellings: &[Telling]) -> Self {
        Self { tellings: Arc::new(Mutex::new(tellings.to_vec().into())), runs: Arc::default() }
    }
}

impl Answers for Teller {
    fn model(&self) -> String {
        "teller".into()
    }

    fn answer(&self, question: &Question) -> Pieces {
        let telling = self.tellings.lock().pop_front().unwrap_or_else(|| Telling { words: 3, ..Telling::default() });
        let question = question.messages.last().map(|message| message.content.clone()).unwrap_or_default();
        let mut runs = self.runs.lock();
        let run = runs.iter().filter(|run| run.question == question).count();
        // The first piece with words says all that is needed to know it by.
        let mut pieces = vec![" \n".to_owned(); telling.blank];
        pieces.extend((0..telling.words).map(|at| match at {
            0 => format!("<{question} {run}>"),
            at => format!(" {at}"),
        }));
        let end = match telling.ends {
            Ends::Well => pieces.len(),
            Ends::Fails(at, _) | Ends::BreaksOff(at) => at.min(pieces.len()),
        };
        let well = matches!(telling.ends, Ends::Well);
        runs.push(Begun { question, text: pieces.concat(), pieces: end, well });
        let completion_tokens = pieces.len() as u64;
        stream! {
            for (at, piece) in pieces.into_iter().take(end).enumerate() {
                let ms = if at == 0 { telling.first_ms } else { telling.gap_ms };
                let silent = if telling.silent_at == Some(at) { 170_000 } else { 0 };
                sleep(Duration::from_millis(ms + silent)).await;
                yield Ok(Piece::Text(piece));
            }
            sleep(Duration::from_millis(telling.gap_ms)).await;
            match telling.ends {
                Ends::Well => yield Ok(Piece::End(End { finish: Finish::Stop, prompt_tokens: 7, completion_tokens })),
                Ends::Fails(_, code) => yield Err(Failure::new(code, "as it was fated")),
                Ends::BreaksOff(_) => {}
            }
        }
        .boxed()
    }
}
