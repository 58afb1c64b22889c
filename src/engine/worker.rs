//! The worker's command loop: takes [`ToEngine`], answers with [`FromEngine`].
//!
//! It knows no browser: `web` brings it a port, a fetch and a clock; native tests bring it a vector.

use super::{
    backend::{Backend, Described},
    error::EngineError,
    pace::Pace,
    session::{Answer, Question, Session},
};
use crate::{
    error::Code,
    wire::{ALIVE_MS, BackendChoice, Finish, FromEngine, ModelSource, PROTOCOL, ToEngine},
};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{StreamExt, future::select};
use std::{cell::RefCell, pin::pin, rc::Rc};

/// What the worker needs of the platform.
#[expect(async_fn_in_trait, reason = "used inside this crate only, on one thread")]
pub trait Platform {
    /// What computes.
    type Backend: Described;

    /// Fetches a model and prepares it.
    async fn load(
        &self,
        request: &LoadRequest,
        pace: &Pace,
        progress: impl FnMut(u64, Option<u64>),
    ) -> Result<Session<Self::Backend>, EngineError>;

    /// Says something to the page.
    fn post(&self, message: FromEngine);

    /// Lets so many milliseconds pass.
    async fn pause(&self, ms: u32);
}

/// The fields of [`ToEngine::Load`].
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// What to load.
    pub model: ModelSource,
    /// What to compute with.
    pub backend: BackendChoice,
    /// Go past the browser's HTTP cache.
    pub fresh: bool,
}

/// The way in: messages wait here in order, but a stop acts at once on all that came before it.
#[derive(Clone, Debug)]
pub struct Inbox {
    queue: UnboundedSender<(ToEngine, Pace)>,
    open: Rc<RefCell<Vec<Pace>>>,
}

impl Inbox {
    /// An inbox and what the loop reads from.
    #[must_use]
    pub fn new() -> (Self, UnboundedReceiver<(ToEngine, Pace)>) {
        let (queue, messages) = unbounded();
        (Self { queue, open: Rc::default() }, messages)
    }

    /// Takes a message. A stop that finds something to end is answered by its end; only another must be answered.
    pub fn accept(&self, message: ToEngine) {
        let pace = Pace::new();
        if message == ToEngine::Stop {
            let open = self.open.take();
            open.iter().for_each(Pace::stop);
            if !open.is_empty() {
                return;
            }
        } else {
            self.open.borrow_mut().push(pace.clone());
        }
        // The loop ends after every inbox.
        let _ = self.queue.unbounded_send((message, pace));
    }

    /// A message was dealt with.
    fn close(&self, pace: &Pace) {
        self.open.borrow_mut().retain(|open| !open.same(pace));
    }
}

/// Answers messages for as long as the worker lives: the page ends it from outside.
///
/// While it works on one it says so, by a timer of its own: work that no longer lets the event loop turn, or an event
/// loop that is gone, is heard as silence.
pub async fn run<P: Platform>(platform: P, inbox: Inbox, mut messages: UnboundedReceiver<(ToEngine, Pace)>) {
    let mut worker = Worker { platform: &platform, session: None };
    platform.post(FromEngine::Ready { protocol: PROTOCOL });
    while let Some((message, pace)) = messages.next().await {
        if message == ToEngine::Stop {
            platform.post(FromEngine::Stopped { load: false });
            continue;
        }
        platform.post(FromEngine::Alive);
        let alive = async {
            loop {
                platform.pause(ALIVE_MS).await;
                platform.post(FromEngine::Alive);
            }
        };
        // The second never ends.
        select(pin!(worker.handle(message, &pace)), pin!(alive)).await;
        inbox.close(&pace);
    }
}

struct Worker<'a, P: Platform> {
    platform: &'a P,
    session: Option<Session<P::Backend>>,
}

impl<P: Platform> Worker<'_, P> {
    async fn handle(&mut self, message: ToEngine, pace: &Pace) {
        match message {
            ToEngine::Load { protocol, .. } if protocol != PROTOCOL => self.fail(
                None,
                &EngineError::Internal(format!("the page speaks protocol {protocol}, the engine {PROTOCOL}")),
            ),
            ToEngine::Load { model, backend, fresh, .. } => {
                self.load(&LoadRequest { model, backend, fresh }, pace).await;
            }
            ToEngine::Generate { id, messages, sampling, max_tokens } => {
                let question = Question { messages, sampling, max_tokens: max_tokens as usize, stop: Vec::new() };
                self.generate(id, &question, pace).await;
            }
            // The loop answers it.
            ToEngine::Stop => {}
        }
    }

    async fn load(&mut self, request: &LoadRequest, pace: &Pace) {
        // Dropped before the new one asks for any: a device has seldom room for two.
        self.session = None;
        let progress = |done, total| self.platform.post(FromEngine::Progress { done, total });
        let loaded = self.platform.load(request, pace, progress).await;
        // A stop may come when there is nothing left to end; the page has been told that it is one.
        match pace.check().and(loaded) {
            Ok(session) => {
                self.platform.post(FromEngine::Loaded {
                    backend: session.backend().kind(),
                    adapter: session.backend().adapter(),
                    model: request.model.name.clone().unwrap_or_else(|| session.name().into()),
                    context: narrow(session.backend().capacity()),
                });
                self.session = Some(session);
            }
            Err(EngineError::Stopped) => self.platform.post(FromEngine::Stopped { load: true }),
            Err(error) => self.fail(None, &error),
        }
    }

    async fn generate(&mut self, id: u32, question: &Question, pace: &Pace) {
        let emit = |text: &str| self.platform.post(FromEngine::Token { id, text: text.into() });
        let answer = match &mut self.session {
            Some(session) => session.answer(question, pace, emit).await,
            None => pace.check().and(Err(EngineError::Internal("no model is loaded".into()))),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(EngineError::Stopped) => Answer::stopped(),
            Err(error) => {
                if matches!(error, EngineError::GpuLost(_)) {
                    self.session = None;
                }
                return self.fail(Some(id), &error);
            }
        };
        self.platform.post(FromEngine::Done {
            id,
            finish: if pace.check().is_err() { Finish::Stopped } else { answer.finish },
            prompt_tokens: narrow(answer.prompt_tokens),
            reused_tokens: narrow(answer.reused_tokens),
            completion_tokens: narrow(answer.completion_tokens),
        });
    }

    fn fail(&self, id: Option<u32>, error: &EngineError) {
        let code = error.code().unwrap_or(Code::EngineFailed);
        self.platform.post(FromEngine::Failed { id, code, message: error.to_string() });
    }
}

/// Counts on the wire are 32 bits wide; a context never comes near that.
fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
