//! Repeated questions: joined while the first is being answered, replayed afterwards, charged once.
//!
//! An answer is made by a [`Run`], a task of its own, and heard by any number of [`Listener`]s, each from the beginning.
//! So nobody who listens can lose a piece, and a connection that breaks does not break the answer: whoever asks again
//! with the same `Idempotency-Key` hears all of it. A run that failed is forgotten before anybody hears of the failure,
//! so that the next attempt begins anew.

use crate::{
    answers::{End, Piece, Pieces},
    failure::Failure,
};
use futures_util::StreamExt;
use inferkit_widget::error::Code;
use parking_lot::Mutex;
use serde_json::Value;
use std::{collections::HashMap, pin::pin, sync::Arc, time::Duration};
use tokio::{
    select,
    sync::watch,
    time::{Instant, sleep},
};
use uuid::Uuid;

/// How long a complete answer is replayed.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest key, in bytes.
const LONGEST_KEY: usize = 255;

/// One answer in the making, or made.
#[derive(Debug)]
pub struct Run {
    /// `chatcmpl-…`, the same for everybody who hears it.
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    progress: watch::Sender<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    texts: Vec<Arc<str>>,
    end: Option<Result<End, Failure>>,
}

impl Run {
    /// A run that has not begun.
    #[must_use]
    pub fn new(created: u64) -> Arc<Self> {
        let id = format!("chatcmpl-{}", Uuid::new_v4().simple());
        Arc::new(Self { id, created, progress: watch::Sender::default() })
    }

    /// Hears it from the beginning.
    #[must_use]
    pub fn listen(self: &Arc<Self>) -> Listener {
        Listener { run: self.clone(), heard: 0, progress: self.progress.subscribe() }
    }

    /// Takes the pieces as they come, to their end. None when nobody has listened for the time of `grace`: then the
    /// rest is not worth its electricity.
    pub async fn take(&self, mut pieces: Pieces, grace: Duration) -> Option<Result<End, Failure>> {
        let mut abandoned = pin!(self.abandoned(grace));
        loop {
            let piece = select! {
                piece = pieces.next() => piece,
                () = &mut abandoned => return None,
            };
            match piece {
                Some(Ok(Piece::Text(text))) => self.progress.send_modify(|progress| progress.texts.push(text.into())),
                Some(Ok(Piece::End(end))) => return Some(Ok(end)),
                Some(Err(failure)) => return Some(Err(failure)),
                None => {
                    let context = "the answer broke off without saying why it ended";
                    return Some(Err(Failure::new(Code::ProviderUnavailable, context)));
                }
            }
        }
    }

    /// Tells everybody how it ended.
    pub fn finish(&self, end: Result<End, Failure>) {
        self.progress.send_modify(|progress| progress.end = Some(end));
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        !self.progress.is_closed()
    }

    async fn abandoned(&self, grace: Duration) {
        loop {
            self.progress.closed().await;
            sleep(grace).await;
            if !self.is_heard() {
                return;
            }
        }
    }
}

/// What a listener hears.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The next piece.
    Text(Arc<str>),
    /// How it ended; nothing follows.
    End(Result<End, Failure>),
}

/// Somebody who hears an answer.
#[derive(Debug)]
pub struct Listener {
    /// What is heard.
    pub run: Arc<Run>,
    heard: usize,
    progress: watch::Receiver<Progress>,
}

impl Listener {
    /// Waits for the next piece. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Heard {
        let heard = self.peek().await;
        self.heard += 1;
        heard
    }

    /// Waits for the next piece, and leaves it to be heard.
    pub async fn peek(&mut self) -> Heard {
        let at = self.heard;
        let there = self.progress.wait_for(|progress| progress.texts.len() > at || progress.end.is_some()).await;
        let heard = there.ok().and_then(|progress| match progress.texts.get(at) {
            Some(text) => Some(Heard::Text(text.clone())),
            None => progress.end.clone().map(Heard::End),
        });
        heard.unwrap_or_else(|| Heard::End(Err(Failure::new(Code::InternalError, "the run was dropped"))))
    }
}

/// The questions of one key that may be repeated.
#[derive(Debug, Default)]
pub struct Runs(Mutex<HashMap<String, Known>>);

#[derive(Debug)]
struct Known {
    body: Value,
    since: Instant,
    run: Arc<Run>,
}

impl Runs {
    /// Joins the run of this question, or has `start` start one. A question without a key can't be repeated.
    ///
    /// # Errors
    /// `bad_request` when the key belongs to another question; what `start` says.
    pub fn join_or(
        &self,
        key: Option<&str>,
        body: &Value,
        start: impl FnOnce() -> Result<Arc<Run>, Failure>,
    ) -> Result<Listener, Failure> {
        let Some(key) = key else { return start().map(|run| run.listen()) };
        if key.is_empty() || key.len() > LONGEST_KEY {
            let message = format!("`Idempotency-Key` must have from 1 to {LONGEST_KEY} characters.");
            return Err(Failure::new(Code::BadRequest, message));
        }
        // Held while a run is started: two that come at once must not start two.
        let mut known = self.0.lock();
        known.retain(|_, known| known.since.elapsed() < MEMORY);
        match known.get(key) {
            Some(known) if known.body == *body => Ok(known.run.listen()),
            Some(_) => Err(Failure::new(Code::BadRequest, "`Idempotency-Key` was used for another question.")),
            None => {
                let run = start()?;
                let listener = run.listen();
                known.insert(key.to_owned(), Known { body: body.clone(), since: Instant::now(), run });
                Ok(listener)
            }
        }
    }

    /// Forgets a run that did not come to its end.
    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }
}
