//! What follows when something fails: first what the catalog's retry class does by itself, then the visitor's notice
//! and the site's report.
//!
//! A failure that a retry mends is never heard of. One that is shown is minted here (through [`Turn::fail`]), once, so
//! that screen and report carry the same reference. Each automatic attempt has its limit per question; trying again
//! by hand grants them anew.

use super::{
    admission, builtin, grounding, local,
    state::{Model, Phase},
    turn::Turn,
};
use crate::{
    answer::retry::{Next, Tried},
    error::{ByItself, Code},
    gate::{Decision, Mode},
    wire::PROTOCOL,
};

/// Words of the answer in flight are on screen.
pub(super) fn visible(turn: &Turn) -> bool {
    let answer = turn.state.asked.as_ref().and_then(|asked| turn.state.entry(asked.answer));
    answer.is_some_and(|entry| !entry.text.trim().is_empty())
}

/// The engine says that a load or an answer failed.
pub(super) fn failed(turn: &mut Turn, code: Code, message: String) {
    if code == Code::QuestionTooLong && turn.state.asked.as_ref().is_some_and(|asked| asked.generate.is_some()) {
        // The question's fault, not the engine's: worker, session and model stay.
        return turn.fail(code, &message);
    }
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
    if !turn.state.is_local() {
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
    turn.fail(Code::EngineFailed, &message);
}

/// There is no model any more; goes on as the code's class says.
fn without_model(turn: &mut Turn, code: Code, message: String) {
    turn.state.engine.model = Model::None;
    if code == Code::ModelIntegrity {
        turn.state.suspect = true;
    }
    if !turn.state.is_local() {
        // The question has not reached the engine, or has left it behind.
        return;
    }
    if grounding::looks_up(turn.state) {
        // Nor has it asked for a model yet.
        turn.state.phase = Phase::Thinking;
        return;
    }
    let visible = visible(turn);
    let random = turn.random_number();
    let Some(asked) = &mut turn.state.asked else {
        // Nobody waits: the next question loads it again.
        turn.state.phase = Phase::Idle;
        return;
    };
    (asked.generate, asked.checks) = (None, false);
    let answer = asked.answer;
    match asked.tried.next(code.retry(), visible, None, random) {
        Next::Again { ms, .. } => {
            turn.await_words(answer);
            local::load_after(turn, ms);
        }
        Next::RestartEngine | Next::FetchAgain => {
            turn.await_words(answer);
            turn.pass_gate();
        }
        _ if visible => {
            turn.fail(code, &message);
            let ours = admission::decide(turn) == Decision::AnswerLocally && !builtin::answers(turn.state);
            if ours && code.retry().by_itself == ByItself::RestartEngine {
                // So that Try again finds it ready.
                local::load(turn);
            }
        }
        _ if turn.state.settings.server.is_some() && turn.state.settings.mode == Mode::Auto => {
            // The gate knows whether a server may answer in this device's place. What was tried here does not count
            // there.
            asked_anew(turn, code, message);
        }
        _ => turn.fail(code, &message),
    }
}

fn asked_anew(turn: &mut Turn, code: Code, message: String) {
    turn.state.broken = Some((code, message));
    if let Some(asked) = &mut turn.state.asked {
        asked.tried = Tried::default();
        let answer = asked.answer;
        turn.await_words(answer);
    }
    turn.pass_gate();
}
