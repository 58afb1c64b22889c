//! The flow's dealings with the engine: load, ask, stop, and what it says.

use super::{
    Effect, Told, builtin, grounding, limits, recover,
    state::{EntryState, Model, Phase, State},
    turn::Turn,
};
use crate::{
    error::{ByItself, Code},
    wire::{BackendChoice, Finish, FromEngine, ModelSource, PROTOCOL, ToEngine},
};

/// Whether the engine has the wanted model, or will have it.
pub(super) fn has_model(state: &State) -> bool {
    let Some(model) = state.model().filter(|_| state.broken.is_none()) else { return false };
    match &state.engine.model {
        Model::Loaded { from, .. } => (&from.0, from.1) == (model, state.settings.backend),
        // On its way, with consent; and what would change its course ends it.
        Model::Loading { .. } => true,
        Model::None | Model::Pausing { .. } => false,
    }
}

/// Answers the question in flight: at once where a model is there, otherwise when ours has been loaded.
pub(super) fn answer(turn: &mut Turn) {
    turn.made_online(false);
    if builtin::answers(turn.state) {
        return builtin::answer(turn);
    }
    let wanted = turn.state.model().map(|model| (model, turn.state.settings.backend));
    match &turn.state.engine.model {
        Model::Loaded { from, .. } if wanted == Some((&from.0, from.1)) => generate(turn),
        Model::Loading { done, total } => turn.state.phase = Phase::Loading { done: *done, total: *total },
        // A pause belongs to a question, and there is one question at a time.
        Model::None | Model::Pausing { .. } | Model::Loaded { .. } => load(turn),
    }
}

/// Fetches the configured model. The gate has allowed it.
pub(super) fn load(turn: &mut Turn) {
    // The gate refuses a question where no model is configured, so this is never the default.
    let model = turn.state.model().cloned().unwrap_or_default();
    turn.state.engine.model = Model::Loading { done: 0, total: model.bytes };
    turn.state.phase = waiting(turn);
    let (backend, fresh) = (turn.state.settings.backend, turn.state.suspect);
    turn.push(Effect::Engine(ToEngine::Load { protocol: PROTOCOL, model, backend, fresh }));
}

/// Loads later. The visitor sees a download that has not begun.
pub(super) fn load_after(turn: &mut Turn, ms: u32) {
    let wait = turn.state.number();
    turn.state.engine.model = Model::Pausing { wait };
    turn.state.phase = waiting(turn);
    turn.push(Effect::Wait { id: wait, ms });
}

/// A pause is over. The gate is asked once more: meanwhile a site may have withdrawn its consent.
pub(super) fn waited(turn: &mut Turn, over: u32) {
    if turn.state.engine.model == (Model::Pausing { wait: over }) {
        turn.state.engine.model = Model::None;
        turn.pass_gate();
    }
}

/// Ends a load or the pause before one.
pub(super) fn stop_loading(turn: &mut Turn) {
    if matches!(turn.state.engine.model, Model::Loading { .. }) {
        turn.state.engine.stopped_loads += 1;
        turn.push(Effect::Engine(ToEngine::Stop));
    }
    turn.state.engine.model = Model::None;
}

/// Ends an answer. What the engine still says of it carries a name that nobody waits for.
pub(super) fn stop_generating(turn: &mut Turn) {
    turn.push(Effect::Engine(ToEngine::Stop));
}

/// Ends the worker, and with it whatever it still had to say.
pub(super) fn drop_engine(turn: &mut Turn) {
    turn.state.engine = Default::default();
    turn.push(Effect::DropEngine);
}

/// The engine said something.
pub(super) fn heard(turn: &mut Turn, message: FromEngine) {
    match message {
        FromEngine::Ready { protocol } if protocol == PROTOCOL => {}
        FromEngine::Ready { protocol } => recover::speaks_differently(turn, protocol),
        FromEngine::Progress { done, total } => progress(turn, done, total),
        FromEngine::Loaded { backend, adapter, model, .. } => {
            if let Some(from) = ends_load(turn) {
                turn.state.suspect = false;
                turn.state.engine.model = Model::Loaded { backend, adapter, name: model, from };
                loaded(turn);
            }
        }
        FromEngine::Stopped { load: true } => {
            if ends_load(turn).is_some() {
                recover::failed(turn, Code::EngineFailed, "the engine stopped a load that nobody stopped".into());
            }
        }
        FromEngine::Token { id, text } => token(turn, id, text),
        FromEngine::Done { id, finish, .. } => done(turn, id, finish),
        FromEngine::Failed { id: None, code, message } => {
            let loaded = matches!(turn.state.engine.model, Model::Loaded { .. });
            if ends_load(turn).is_some() || loaded {
                recover::failed(turn, code, message);
            }
        }
        FromEngine::Failed { id: Some(id), code, message } => {
            if is_awaited(turn, id) {
                recover::failed(turn, code, message);
            } else if turn.state.asked.is_none() && code.retry().by_itself == ByItself::RestartEngine {
                // It broke over an answer that was stopped: nobody need know, but don't ask it again.
                drop_engine(turn);
            }
        }
        // The page's watchdog listens for these; the conversation does not change.
        FromEngine::Alive | FromEngine::Stopped { load: false } => {}
    }
}

/// A load ended. None where it is one that was stopped, or where none is expected; otherwise what was loaded.
fn ends_load(turn: &mut Turn) -> Option<(ModelSource, BackendChoice)> {
    let engine = &mut turn.state.engine;
    if engine.stopped_loads > 0 {
        engine.stopped_loads -= 1;
        return None;
    }
    let loading = matches!(engine.model, Model::Loading { .. });
    // A change of these options stops the load, so they are the ones that it began with.
    loading.then(|| (turn.state.model().cloned().unwrap_or_default(), turn.state.settings.backend))
}

fn progress(turn: &mut Turn, arrived: u64, whole: Option<u64>) {
    let engine = &mut turn.state.engine;
    if engine.stopped_loads > 0 {
        return;
    }
    if let Model::Loading { done, total } = &mut engine.model {
        *done = arrived;
        *total = whole.or(*total);
        turn.state.phase = waiting(turn);
        turn.push(Effect::Tell(Told::Progress { done: arrived, total: whole }));
    }
}

fn loaded(turn: &mut Turn) {
    if grounding::looks_up(turn.state) {
        turn.state.phase = Phase::Thinking;
    } else if turn.state.asked.is_some() {
        generate(turn);
    } else {
        turn.state.phase = Phase::Idle;
    }
}

fn generate(turn: &mut Turn) {
    let id = turn.state.number();
    let Some(asked) = &mut turn.state.asked else { return };
    asked.generate = Some(id);
    let answer = asked.answer;
    let messages = grounding::messages(turn.state, answer, false);
    grounding::reads(turn, &messages);
    let mut max_tokens = turn.state.settings.max_tokens;
    let mut sampling = turn.state.settings.sampling.clone();
    if grounding::is_grounded(turn.state) {
        max_tokens = max_tokens.min(grounding::MOST_TOKENS);
        sampling.temperature = sampling.temperature.min(grounding::MOST_TEMPERATURE);
    }
    // The same question asked again deserves another answer.
    sampling.seed = sampling.seed.wrapping_add(id);
    turn.push(Effect::Engine(ToEngine::Generate { id, messages, sampling, max_tokens }));
}

fn token(turn: &mut Turn, id: u32, text: String) {
    if !is_awaited(turn, id) || text.is_empty() {
        return;
    }
    grounding::has_read(turn);
    let Some(answer) = turn.state.asked.as_ref().map(|asked| asked.answer) else { return };
    limits::grow(turn, answer, text);
}

fn done(turn: &mut Turn, id: u32, finish: Finish) {
    if !is_awaited(turn, id) {
        return;
    }
    match finish {
        Finish::Stopped => turn.finish(EntryState::Stopped),
        Finish::Stop | Finish::Length if grounding::is_grounded(turn.state) => {
            grounding::check(turn, String::new(), true);
        }
        Finish::Stop | Finish::Length if recover::visible(turn) => turn.finish(EntryState::Whole),
        // An empty bubble would leave the visitor guessing.
        Finish::Stop => turn.fail(Code::AnswerEmpty, "the model chose its end token before a word"),
        Finish::Length => turn.fail(Code::AnswerEmpty, "maxTokens was used up before a visible word"),
    }
}

/// Whether this is the name of the answer that is being waited for.
fn is_awaited(turn: &Turn, id: u32) -> bool {
    turn.state.asked.as_ref().is_some_and(|asked| asked.generate == Some(id))
}

/// The phase when no question is in flight: a load may go on, so that the next one finds the model ready.
pub(super) fn resting(state: &State) -> Phase {
    match state.engine.model {
        Model::Loading { done, total } => Phase::Loading { done, total },
        _ => Phase::Idle,
    }
}

/// The phase that shows a load.
fn waiting(turn: &Turn) -> Phase {
    match turn.state.engine.model {
        Model::Loading { done, total } => Phase::Loading { done, total },
        _ => Phase::Loading { done: 0, total: turn.state.model().and_then(|model| model.bytes) },
    }
}
