//! What follows when something fails: first what the catalog's retry class does by itself, then the visitor's notice
//! and the site's report.
//!
//! A failure that a retry mends is never heard of. One that is shown is minted here (through [`Turn::fail`]), once, so
//! that screen and report carry the same reference. Each automatic attempt has its limit per question; trying again
//! by hand grants them anew.

use super::{
    flow::Turn,
    local,
    state::{Model, Notice, Phase},
};
use crate::{
    error::{ByItself, Code, Failure},
    gate::Decision,
    wire::PROTOCOL,
};

/// The pause before the first automatic retry; each further one takes twice as long as the one before.
const FIRST_PAUSE_MS: u32 = 500;

/// The longest of these pauses.
const LONGEST_PAUSE_MS: u32 = 8_000;

/// What the visitor may know of a failure.
pub(super) fn notice(failure: &Failure) -> Notice {
    Notice { family: failure.family(), reference: failure.reference.clone(), retry: failure.retry() }
}

/// Words of the answer in flight are on screen.
pub(super) fn visible(turn: &Turn) -> bool {
    let answer = turn.state.asked.as_ref().and_then(|asked| turn.state.entry(asked.answer));
    answer.is_some_and(|entry| !entry.text.trim().is_empty())
}

/// The engine says that a load or an answer failed.
pub(super) fn failed(turn: &mut Turn, code: Code, message: String) {
    // A worker that failed to fetch something is sound. One that failed otherwise is not trusted any more.
    let sound = matches!(code.retry().by_itself, ByItself::Again { .. } | ByItself::FetchAgain)
        && matches!(turn.state.engine.model, Model::Loading { .. });
    if !sound {
        local::drop_engine(turn);
    }
    without_model(turn, code, message);
}

/// The worker is gone, or never came.
pub(super) fn gone(turn: &mut Turn, code: Code, message: String) {
    turn.state.engine.stopped_loads = 0;
    match turn.state.engine.model {
        // Nothing was expected of it. A pause goes on, and a new worker starts after it.
        Model::None | Model::Pausing { .. } => {}
        Model::Loading { .. } | Model::Loaded { .. } => without_model(turn, code, message),
    }
}

/// Another version's engine answers. Starting it again would start the same one.
pub(super) fn speaks_differently(turn: &mut Turn, protocol: u32) {
    local::drop_engine(turn);
    if matches!(turn.state.phase, Phase::Consent { .. } | Phase::Idle) {
        return;
    }
    if turn.state.asked.is_none() {
        turn.state.phase = Phase::Idle;
        return;
    }
    let message = format!(
        "the page speaks protocol {PROTOCOL} and the engine {protocol}: one of the two modules is from an older \
         version, in a cache or in a copy of the folder"
    );
    turn.fail(Code::EngineFailed, message);
}

/// There is no model any more; goes on as the code's class says.
fn without_model(turn: &mut Turn, code: Code, message: String) {
    turn.state.engine.model = Model::None;
    if code == Code::ModelIntegrity {
        turn.state.suspect = true;
    }
    let by_itself = code.retry().by_itself;
    if matches!(turn.state.phase, Phase::Consent { .. }) {
        // The question has not reached the engine.
        return;
    }
    let visible = visible(turn);
    let Some(asked) = &mut turn.state.asked else {
        // Nobody waits: the next question loads it again.
        turn.state.phase = Phase::Idle;
        return;
    };
    asked.generate = None;
    if visible {
        turn.fail(code, message);
        if by_itself == ByItself::RestartEngine && turn.decide() == Decision::AnswerLocally {
            // So that Try again finds it ready.
            local::load(turn);
        }
        return;
    }
    let answer = asked.answer;
    let tried = &mut asked.tried;
    match by_itself {
        ByItself::Again { times } if tried.again < times => {
            let pause = (FIRST_PAUSE_MS << tried.again.min(8)).min(LONGEST_PAUSE_MS);
            tried.again += 1;
            local::load_after(turn, pause);
        }
        ByItself::RestartEngine if !tried.restarted => {
            tried.restarted = true;
            turn.await_words(answer);
            turn.pass_gate();
        }
        ByItself::FetchAgain if !tried.fetched => {
            tried.fetched = true;
            turn.pass_gate();
        }
        _ => turn.fail(code, message),
    }
}
