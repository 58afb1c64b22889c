//! The worker's command loop: takes [`ToEngine`], answers with [`FromEngine`].
//!
//! It knows no browser: `web` brings it a port, a fetch and a clock; native tests bring it a vector.

use super::{
    backend::Backend,
    error::EngineError,
    pace::Pace,
    session::{Answer, Question, Session},
};
use crate::{
    error::Code,
    wire::{BackendKind, Finish, FromEngine, ModelSource, PROTOCOL, Stats, ToEngine},
};
use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::StreamExt;
use std::{cell::RefCell, rc::Rc};

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

    /// The wasm memory's size in bytes.
    fn memory_bytes(&self) -> u64;
}

/// A backend that can say what it is.
pub trait Described: Backend {
    /// Which of the two.
    fn kind(&self) -> BackendKind;

    /// The adapter's or the instruction set's name.
    fn adapter(&self) -> String;

    /// Compute dispatches and passes of one decoded token.
    fn per_token(&self) -> (u32, u32);
}

/// The fields of [`ToEngine::Load`].
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// What to load.
    pub model: ModelSource,
    /// What to compute with.
    pub backend: crate::wire::BackendChoice,
    /// The most positions to keep.
    pub context: Option<usize>,
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

    /// Takes a message. False once the loop has ended.
    pub fn accept(&self, message: ToEngine) -> bool {
        if matches!(message, ToEngine::Stop | ToEngine::Dispose) {
            self.open.take().iter().for_each(Pace::stop);
        }
        if message == ToEngine::Stop {
            return !self.queue.is_closed();
        }
        let pace = Pace::new();
        self.open.borrow_mut().push(pace.clone());
        self.queue.unbounded_send((message, pace)).is_ok()
    }

    /// A message was dealt with.
    fn close(&self, pace: &Pace) {
        self.open.borrow_mut().retain(|open| !open.same(pace));
    }
}

/// Answers messages until `Dispose`, or until the page's end of the channel is gone.
pub async fn run<P: Platform>(platform: P, inbox: Inbox, mut messages: UnboundedReceiver<(ToEngine, Pace)>) {
    let mut worker = Worker { platform, session: None, stats: Stats::default() };
    worker.platform.post(FromEngine::Ready { protocol: PROTOCOL });
    while let Some((message, pace)) = messages.next().await {
        if message == ToEngine::Dispose {
            return;
        }
        worker.handle(message, &pace).await;
        inbox.close(&pace);
    }
}

struct Worker<P: Platform> {
    platform: P,
    session: Option<Session<P::Backend>>,
    stats: Stats,
}

impl<P: Platform> Worker<P> {
    async fn handle(&mut self, message: ToEngine, pace: &Pace) {
        match message {
            ToEngine::Load { protocol, .. } if protocol != PROTOCOL => self.fail(
                None,
                &EngineError::Internal(format!("the page speaks protocol {protocol}, the engine {PROTOCOL}")),
            ),
            ToEngine::Load { model, backend, context, fresh, .. } => {
                let context = context.map(|positions| positions as usize);
                self.load(&LoadRequest { model, backend, context, fresh }, pace).await;
            }
            ToEngine::Generate { id, messages, sampling, max_tokens, stop } => {
                let question = Question { messages, sampling, max_tokens: max_tokens as usize, stop };
                self.generate(id, &question, pace).await;
            }
            ToEngine::Stats => {
                let memory_bytes = self.platform.memory_bytes();
                self.platform.post(FromEngine::Stats(Stats { memory_bytes, ..self.stats.clone() }));
            }
            // The inbox has acted on these.
            ToEngine::Stop | ToEngine::Dispose => {}
        }
    }

    async fn load(&mut self, request: &LoadRequest, pace: &Pace) {
        // The old model's memory is free before the new one asks for any.
        self.session = None;
        let progress = |done, total| self.platform.post(FromEngine::Progress { done, total });
        match self.platform.load(request, pace, progress).await {
            Ok(session) => {
                let (dispatches_per_token, passes_per_token) = session.backend().per_token();
                self.stats = Stats { dispatches_per_token, passes_per_token, ..Stats::default() };
                self.platform.post(FromEngine::Loaded {
                    backend: session.backend().kind(),
                    adapter: session.backend().adapter(),
                    model: request.model.name.clone().unwrap_or_else(|| session.name().into()),
                    context: narrow(session.backend().capacity()),
                });
                self.session = Some(session);
            }
            Err(EngineError::Stopped) => self.platform.post(FromEngine::Stopped),
            Err(error) => self.fail(None, &error),
        }
    }

    async fn generate(&mut self, id: u32, question: &Question, pace: &Pace) {
        let Some(session) = &mut self.session else {
            return self.fail(Some(id), &EngineError::Internal("no model is loaded".into()));
        };
        let emit = |text: &str| self.platform.post(FromEngine::Token { id, text: text.into() });
        match session.answer(question, pace, emit).await {
            Ok(answer) => {
                self.measure(&answer);
                self.platform.post(FromEngine::Done {
                    id,
                    finish: answer.finish,
                    prompt_tokens: narrow(answer.prompt_tokens),
                    reused_tokens: narrow(answer.reused_tokens),
                    completion_tokens: narrow(answer.completion_tokens),
                });
            }
            Err(EngineError::Stopped) => self.platform.post(FromEngine::Done {
                id,
                finish: Finish::Stopped,
                prompt_tokens: 0,
                reused_tokens: 0,
                completion_tokens: 0,
            }),
            Err(error) => {
                if matches!(error, EngineError::GpuLost(_)) {
                    self.session = None;
                }
                self.fail(Some(id), &error);
            }
        }
    }

    fn measure(&mut self, answer: &Answer) {
        let per_second = |tokens: usize, ms: f64| if ms > 0.0 { tokens as f64 * 1000.0 / ms } else { 0.0 };
        self.stats.prefill_per_second = per_second(answer.prompt_tokens - answer.reused_tokens, answer.prefill_ms);
        self.stats.decode_per_second = per_second(answer.completion_tokens.saturating_sub(1), answer.decode_ms);
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
