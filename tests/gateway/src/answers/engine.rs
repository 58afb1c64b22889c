//! Answers of the widget's own engine, built natively: one model, one thread, one question after the other.

use super::{Answers, End, Piece, Pieces, received};
use crate::{failure::Failure, question::Question};
use futures_util::{FutureExt, StreamExt, future::ready};
use inferkit_widget::{
    engine::{
        either::Either,
        error::EngineError,
        loader::{self, Expected},
        pace::Pace,
        session::{self, Session},
        source::FileSource,
    },
    error::Code,
    wire::{BackendChoice, Sampling},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use uuid::Uuid;

/// Questions that may wait for the thread. Who comes later is better off with another server, or the next minute.
const QUEUE: usize = 32;

/// A question, and where its answer goes.
struct Asked {
    question: session::Question,
    answer: UnboundedSender<Result<Piece, Failure>>,
}

/// The engine's thread.
#[derive(Debug)]
pub struct Engine {
    name: String,
    questions: SyncSender<Asked>,
}

impl Engine {
    /// Starts the thread, which loads the model; questions wait until it has. A file that is no model is said on the
    /// standard error, and answers every question.
    ///
    /// # Errors
    /// When the file can't be opened, or the system has no thread for us.
    pub fn start(model: &Path, backend: BackendChoice) -> io::Result<Self> {
        std::fs::File::open(model)?;
        let name = model.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (questions, asked) = sync_channel(QUEUE);
        let model = PathBuf::from(model);
        thread::Builder::new().name("engine".into()).spawn(move || work(&model, backend, &asked))?;
        Ok(Self { name, questions })
    }
}

impl Answers for Engine {
    fn model(&self) -> String {
        self.name.clone()
    }

    fn answer(&self, question: &Question) -> Pieces {
        let (answer, pieces) = unbounded_channel();
        match self.questions.try_send(Asked { question: asked(question), answer }) {
            Ok(()) => received(pieces),
            Err(refused) => {
                let failure = Failure::new(Code::ProviderUnavailable, format!("the engine's queue: {refused}"));
                ready(Err(failure)).into_stream().boxed()
            }
        }
    }
}

fn asked(question: &Question) -> session::Question {
    let seed = question.seed.unwrap_or_else(|| Uuid::new_v4().as_fields().0);
    let sampling = Sampling { temperature: question.temperature, top_p: question.top_p, seed, ..Sampling::default() };
    session::Question {
        messages: question.messages.clone(),
        sampling,
        max_tokens: question.max_tokens as usize,
        stop: question.stop.clone(),
    }
}

/// The thread: loads, then answers for as long as somebody may ask.
fn work(model: &Path, backend: BackendChoice, asked: &Receiver<Asked>) {
    let mut loaded = pollster::block_on(load(model, backend));
    if let Err(error) = &loaded {
        eprintln!("The model {} can't be used: {error}", model.display());
    }
    for Asked { question, answer } in asked {
        // Who asked may be gone by now.
        if answer.is_closed() {
            continue;
        }
        let end = match &mut loaded {
            Ok(session) => pollster::block_on(say(session, &question, &answer)),
            Err(error) => Err(failure(error)),
        };
        let _gone = answer.send(end.map(Piece::End));
    }
}

async fn load(model: &Path, backend: BackendChoice) -> Result<Session<Either>, EngineError> {
    let pace = Pace::new();
    let open = async |plan: &_| Either::open(backend, plan, &pace).await;
    loader::load(FileSource::open(model)?, &Expected::default(), &pace, |_, _| {}, open).await
}

async fn say(
    session: &mut Session<Either>,
    question: &session::Question,
    answer: &UnboundedSender<Result<Piece, Failure>>,
) -> Result<End, Failure> {
    let pace = Pace::new();
    let stopper = pace.clone();
    let said = session.answer(question, &pace, |text| {
        if answer.send(Ok(Piece::Text(text.to_owned()))).is_err() {
            stopper.stop();
        }
    });
    let said = said.await.map_err(|error| failure(&error))?;
    Ok(End {
        finish: said.finish,
        prompt_tokens: said.prompt_tokens as u64,
        completion_tokens: said.completion_tokens as u64,
    })
}

/// A question that does not fit is the client's to mend; anything else is ours.
fn failure(error: &EngineError) -> Failure {
    match error {
        EngineError::TooLong(_) => Failure::new(Code::BadRequest, "The conversation is too long for the model."),
        error => Failure::new(Code::ProviderUnavailable, format!("the engine: {error}")),
    }
}
