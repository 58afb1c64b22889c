//! The flow's dealings with the gate: what it is told, and what follows from its decision.

use super::{
    Effect, Told, builtin, config, grounding, local, remote,
    state::{EntryState, Phase},
    turn::Turn,
};
use crate::{
    error::{Code, Failure},
    gate::{self, Circumstances, Consent, Decision, Leaving, Local, Mode},
    wire::ModelSource,
};

/// Of how many models a consent to the download is remembered.
const MOST_AGREED: usize = 16;

/// Asks the gate what may be done for the question, and does it.
pub(super) fn pass(turn: &mut Turn) {
    let awaited = builtin::is_awaited(turn);
    if let Some(asked) = &mut turn.state.asked {
        asked.probes = awaited;
    }
    if awaited {
        turn.state.phase = Phase::Thinking;
        return;
    }
    let settings = &turn.state.settings;
    let nobody = settings.model.is_none() && settings.server.is_none() && !builtin::answers(turn.state);
    if nobody && settings.knowledge.is_some() {
        return grounding::nobody_answers(turn);
    }
    if lacks_config(turn) {
        return config::ask(turn);
    }
    match decide(turn) {
        Decision::AnswerLocally => local::answer(turn),
        Decision::AskDownload => ask_for_download(turn),
        Decision::AskToLeave => ask_to_leave(turn),
        Decision::AnswerRemotely => remote::answer(turn),
        Decision::Challenge if remote::may_solve(turn) => remote::challenge(turn),
        // Sessions that end while their question waits, or options that change under it.
        Decision::Challenge => turn.fail(Code::ChallengeFailed, "two challenges were solved for this question already"),
        Decision::Refuse { code, local } => refuse(turn, code, local),
    }
}

/// The gate's decision as things stand.
pub(super) fn decide(turn: &Turn) -> Decision {
    let settings = &turn.state.settings;
    let leaving = Leaving { promised: turn.state.promises(), consent: turn.state.leaving };
    gate::decide(&Circumstances {
        mode: settings.mode,
        local: device(turn),
        download: download(turn),
        leaving,
        remote: remote::circumstances(turn.state),
    })
}

/// What this device can do.
fn device(turn: &Turn) -> Local {
    let state = &turn.state;
    match (&state.broken, state.model()) {
        _ if builtin::answers(state) || local::has_model(state) => Local::Ready,
        (Some((code, _)), _) => Local::Impossible(*code),
        (None, None) => Local::Impossible(Code::ConfigInvalid),
        (None, Some(_)) => Local::Download,
    }
}

fn download(turn: &Turn) -> Consent {
    let state = &turn.state;
    let before = || state.model().is_some_and(|model| state.agreed.contains(&model.identity()));
    match state.consent {
        // Agreed to on a page before, and not declined on this one.
        Consent::Unasked if before() => Consent::Granted,
        _ if state.settings.consent_granted => Consent::Granted,
        said => said,
    }
}

/// Whether the decision hangs on a configuration that is not there yet: a server may have to answer, or to name the
/// model. A question that stays on the device waits for no server, and neither does one that the server's own 402 has
/// settled.
fn lacks_config(turn: &Turn) -> bool {
    let state = &turn.state;
    if !config::is_missing(state) || state.asked.as_ref().is_none_or(|asked| asked.without_config) {
        return false;
    }
    let open = state.remote.refused.is_none();
    match (state.settings.mode, device(turn), download(turn)) {
        (Mode::Remote, ..) => open,
        _ if builtin::answers(state) => false,
        _ if state.model().is_none() && state.broken.is_none() => true,
        (Mode::Local, ..) => false,
        (Mode::Auto, Local::Impossible(_), _) | (Mode::Auto, Local::Download, Consent::Declined) => open,
        (Mode::Auto, Local::Ready | Local::Download, _) => false,
    }
}

fn ask_for_download(turn: &mut Turn) {
    if turn.state.asked.as_ref().is_some_and(|asked| asked.declined) {
        // Just now. The next question may ask again.
        return turn.settle(EntryState::Declined);
    }
    let bytes = turn.state.model().and_then(|model| model.bytes);
    let stays = turn.state.promises();
    turn.state.phase = Phase::Consent { bytes, asking: turn.state.number(), stays };
    turn.push(Effect::Tell(Told::Consent { kind: "download", granted: None }));
}

fn ask_to_leave(turn: &mut Turn) {
    turn.state.phase = Phase::Leaving;
    turn.push(Effect::Tell(Told::Consent { kind: "leave", granted: None }));
}

/// The visitor's answer to what they were asked.
pub(super) fn answered(turn: &mut Turn, granted: bool) {
    let consent = if granted { Consent::Granted } else { Consent::Declined };
    let kind = match turn.state.phase {
        Phase::Consent { .. } => {
            turn.state.consent = consent;
            if granted && let Some(model) = turn.state.model().map(ModelSource::identity) {
                turn.state.agreed.retain(|other| *other != model);
                turn.state.agreed.push(model);
                // The newest are the ones that a visitor meets again.
                while turn.state.agreed.len() > MOST_AGREED {
                    turn.state.agreed.remove(0);
                }
                turn.push(Effect::Agreed(turn.state.agreed.clone()));
            }
            "download"
        }
        Phase::Leaving => {
            turn.state.leaving = consent;
            "leave"
        }
        _ => return,
    };
    turn.push(Effect::Tell(Told::Consent { kind, granted: Some(granted) }));
    if let Some(asked) = &mut turn.state.asked {
        asked.declined |= !granted;
    }
    pass(turn);
}

/// Nobody can answer, and the gate has said why.
fn refuse(turn: &mut Turn, code: Code, local: Option<Code>) {
    let broken = turn.state.broken.take();
    let configured = config::failure(turn.state);
    let mut message = match (&broken, &configured) {
        // What kept the server from saying more is the cause, unless it has said enough before.
        (None, Some((failure, opens))) if turn.state.remote.refused.is_none_or(|code| code == failure.row()) => {
            return turn.fail_as(failure.clone(), *opens);
        }
        (Some((own, why)), _) if *own == code => why.clone(),
        _ => reason(turn, code).to_owned(),
    };
    let mut also = |code: &str, why: &str| {
        for part in ["; ", code, ": ", why] {
            message.push_str(part);
        }
    };
    match (&broken, local) {
        (Some((own, why)), Some(_)) => also(own.as_str(), why),
        (None, Some(own)) => also(own.as_str(), NO_MODEL),
        (_, None) => {}
    }
    if let Some((Failure { code, message, .. }, _)) = &configured {
        also(code, message);
    }
    turn.fail(code, &message);
}

const NO_MODEL: &str = "no model is configured: set `model`";

/// For the developer.
fn reason(turn: &Turn, code: Code) -> &'static str {
    let state = &turn.state;
    match code {
        Code::UpgradeRequired => "the plan has no remote answers: upgrade, or leave it at devices that can answer",
        Code::QuotaExceeded => "the month's tokens are used up, as the server has said on this page before",
        Code::ChallengeUnavailable => "the server wants a challenge, and its configuration has no site key",
        _ if state.settings.mode != Mode::Remote => NO_MODEL,
        _ if state.settings.server.is_none() => "mode is remote and there is no server: set `apiKey`",
        _ => "mode is remote and the site's configuration has remote answers switched off",
    }
}
