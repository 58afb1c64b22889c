//! The flow's dealings with the server's configuration of the site: asked for once, early, and again when a question
//! needs it.

use super::{
    Effect, remote,
    state::{Phase, State},
    turn::Turn,
};
use crate::{
    answer::{
        remote::{ApiKind, Heard, Request, SiteConfig},
        retry::{Next, Opens},
    },
    error::Failure,
    gate::Mode,
};

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum ConfigState {
    /// Not asked for, or asked in vain before anybody needed it.
    #[default]
    Unknown,
    /// The request for it.
    Asking(u32),
    Known(SiteConfig),
    /// Asked for in vain, however often, for the sake of a question.
    Failed(Failure, Opens),
}

/// Whether the server has a configuration that is still to be had.
pub(super) fn is_missing(state: &State) -> bool {
    let ours = state.settings.server.as_ref().is_some_and(|server| server.kind == ApiKind::InferKit);
    ours && state.remote.known().is_none()
}

/// Why the configuration could not be had for the question in flight, and when asking again is worth it.
pub(super) fn failure(state: &State) -> Option<(Failure, Opens)> {
    match &state.remote.config {
        ConfigState::Failed(failure, opens) if state.asked.as_ref()?.without_config => Some((failure.clone(), *opens)),
        _ => None,
    }
}

/// The widget is there: what the plan allows and which model there is had better be known before somebody asks.
pub(super) fn mounted(turn: &mut Turn) {
    let settings = &turn.state.settings;
    if is_missing(turn.state) && (settings.mode != Mode::Local || settings.model.is_none()) {
        fetch(turn);
    }
}

/// The question in flight waits for the configuration.
pub(super) fn ask(turn: &mut Turn) {
    turn.state.phase = Phase::Thinking;
    fetch(turn);
    if let (ConfigState::Asking(id), Some(asked)) = (&turn.state.remote.config, &mut turn.state.asked) {
        asked.call = Some(*id);
    }
}

fn fetch(turn: &mut Turn) {
    if matches!(turn.state.remote.config, ConfigState::Asking(_)) {
        return;
    }
    if let Some(id) = remote::send(turn, Request::Config, None, None) {
        turn.state.remote.config = ConfigState::Asking(id);
    }
}

/// The configuration, or why it could not be had. `awaited`: the question in flight waits for it.
pub(super) fn came(turn: &mut Turn, heard: Heard, awaited: bool) {
    match heard {
        Heard::Config(config) => {
            let looks = !config.look.is_empty();
            if std::mem::replace(&mut turn.state.remote.looks, looks) || looks {
                turn.push(Effect::Look(config.look.clone()));
            }
            turn.state.remote.config = ConfigState::Known(config);
            if let Some(asked) = turn.state.asked.as_mut().filter(|_| awaited) {
                asked.call = None;
            }
        }
        // Whoever asks a question asks for it again.
        Heard::Failed { .. } if !awaited => return turn.state.remote.config = ConfigState::Unknown,
        Heard::Failed { failure, retry_after } => {
            remote::remember_refusal(turn.state, &failure);
            let random = turn.random_number();
            let Some(asked) = &mut turn.state.asked else { return };
            asked.call = None;
            match asked.tried.next(failure.retry(), false, retry_after, random) {
                Next::Again { ms, countdown } => {
                    turn.state.remote.config = ConfigState::Unknown;
                    return remote::pause(turn, ms, countdown);
                }
                _ => {
                    asked.without_config = true;
                    let opens = asked.tried.opens(failure.retry(), retry_after, random);
                    turn.state.remote.config = ConfigState::Failed(failure, opens);
                }
            }
        }
        Heard::Text(_) | Heard::Done | Heard::Session { .. } => return,
    }
    if awaited {
        turn.pass_gate();
    }
}
