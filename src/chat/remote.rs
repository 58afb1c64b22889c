//! The flow's dealings with the server: a session, the question itself, and what it says. Its configuration: `config`.
//!
//! There is at most one request for the configuration, and at most one for the question in flight: a session, then
//! the answer. Before each the gate is asked anew.

use super::{
    Effect, admission, config,
    config::ConfigState,
    grounding, limits, recover,
    state::{EntryId, EntryState, Phase, State},
    turn::{self, Turn},
};
use crate::{
    answer::{
        remote::{ApiKind, Completion, Heard, IdempotencyKey, Request, SiteConfig, session_body},
        retry::Next,
    },
    error::{Code, Failure},
    gate::{self, Decision, Session, Tier, challenge::Outcome},
};

/// The most challenges for one question.
const MOST_SOLVES: u8 = 2;

/// A session is not used in its last seconds: a request takes time to arrive.
const SESSION_MARGIN_SECONDS: u64 = 30;

/// The server, as far as the conversation knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Remote {
    pub config: ConfigState,
    /// The server's own 402. It holds for as long as the page lives.
    pub refused: Option<Code>,
    session: Option<String>,
    /// The server has said that it wants one.
    demanded: bool,
    /// Its configuration says something of the panel's words and looks.
    pub looks: bool,
    /// The wait after which the session is no good any more.
    expiry: u32,
}

impl Remote {
    /// The site's configuration, once it has come.
    pub fn known(&self) -> Option<&SiteConfig> {
        match &self.config {
            ConfigState::Known(config) => Some(config),
            _ => None,
        }
    }

    /// Whether the configuration is what this request asks for.
    pub fn is_config(&self, call: u32) -> bool {
        matches!(self.config, ConfigState::Asking(asking) if asking == call)
    }

    /// A server that was never asked anything; what it refused, and what the panel still wears of it, is kept.
    fn afresh(&mut self) {
        *self = Self { refused: self.refused, looks: self.looks, ..Self::default() };
    }
}

/// What the gate is told of the server.
pub(super) fn circumstances(state: &State) -> gate::Remote {
    let Some(server) = &state.settings.server else { return gate::Remote::None };
    if server.kind == ApiKind::OpenAi {
        return gate::Remote::OpenAi;
    }
    let remote = &state.remote;
    let config = match &remote.config {
        ConfigState::Known(config) => Ok(gate::RemotePolicy {
            tier: if config.paid { Tier::Paid } else { Tier::Free },
            remote_enabled: config.remote_enabled,
            site_key: config.turnstile.is_some(),
        }),
        ConfigState::Failed(failure, _) => Err(failure.row()),
        ConfigState::Unknown | ConfigState::Asking(_) => Err(Code::NetworkError),
    };
    let session = match (&remote.session, remote.demanded) {
        (Some(_), _) => Session::Valid,
        (None, true) => Session::Demanded,
        (None, false) => Session::Absent,
    };
    gate::Remote::InferKit { config, refused: remote.refused, session }
}

/// Whether the server is at work on the question in flight. Asking for the configuration is no such work.
pub(super) fn answers(state: &State) -> bool {
    state.asked.as_ref().is_some_and(|asked| match asked.call {
        Some(call) => !state.remote.is_config(call),
        None => asked.pause.is_some() && (!config::is_missing(state) || asked.without_config),
    })
}

/// The gate lets the question go to the server.
pub(super) fn answer(turn: &mut Turn) {
    let fresh = turn.random();
    turn.made_online(true);
    let state = &turn.state;
    let Some(asked) = &state.asked else { return };
    let named = state.settings.server.as_ref().and_then(|server| server.model.as_deref());
    let configured = || state.remote.known()?.remote_model.as_deref();
    let body = Completion {
        model: named.or_else(configured).unwrap_or("default"),
        messages: &grounding::messages(state, asked.answer, true),
        max_tokens: state.settings.max_tokens,
        temperature: state.settings.sampling.temperature,
    }
    .body();
    let Some(asked) = &mut turn.state.asked else { return };
    let key = asked.key.take().unwrap_or_else(|| IdempotencyKey::new(fresh)).for_body(&body, fresh);
    asked.key = Some(key.clone());
    grounding::begins(turn);
    call(turn, Request::Completion, body, Some(&key));
}

/// The gate wants a challenge first.
pub(super) fn challenge(turn: &mut Turn) {
    turn.made_online(true);
    let turnstile = turn.state.remote.known().and_then(|config| config.turnstile.clone()).unwrap_or_default();
    if let Some(asked) = &mut turn.state.asked {
        asked.solves += 1;
    }
    turn.state.phase = Phase::Verifying { interactive: false };
    turn.push(Effect::Challenge { site_key: turnstile.site_key, challenge_url: turnstile.challenge_url });
}

/// Whether another challenge may be solved for the question in flight.
pub(super) fn may_solve(turn: &Turn) -> bool {
    turn.state.asked.as_ref().is_some_and(|asked| asked.solves < MOST_SOLVES)
}

/// The challenge said something.
pub(super) fn challenged(turn: &mut Turn, outcome: Outcome) {
    if !matches!(turn.state.phase, Phase::Verifying { .. }) {
        return;
    }
    match outcome {
        Outcome::Interactive => turn.state.phase = Phase::Verifying { interactive: true },
        Outcome::Quiet => turn.state.phase = Phase::Verifying { interactive: false },
        Outcome::Solved(token) => {
            turn.state.phase = Phase::Thinking;
            call(turn, Request::Session, session_body(&token), None);
        }
        Outcome::Failed { code, message } => {
            let failure = Failure::client(code, message, turn.reference());
            failed(turn, failure, None);
        }
    }
}

/// Sends a request that the question in flight waits for.
fn call(turn: &mut Turn, request: Request, body: String, question: Option<&IdempotencyKey>) {
    let id = send(turn, request, Some(body), question);
    if let Some(asked) = &mut turn.state.asked {
        asked.call = id;
    }
}

pub(super) fn send(
    turn: &mut Turn,
    request: Request,
    body: Option<String>,
    question: Option<&IdempotencyKey>,
) -> Option<u32> {
    let server = turn.state.settings.server.as_ref()?;
    let outgoing = server.outgoing(request, body, turn.state.remote.session.as_deref(), question)?;
    let id = turn.state.number();
    turn.push(Effect::Send { id, outgoing });
    Some(id)
}

/// A request said something. One that nobody waits for any more is not listened to.
pub(super) fn heard(turn: &mut Turn, id: u32, heard: Heard) {
    let awaited = turn.state.asked.as_ref().is_some_and(|asked| asked.call == Some(id));
    if turn.state.remote.is_config(id) {
        return config::came(turn, heard, awaited);
    }
    if !awaited {
        return;
    }
    match heard {
        Heard::Text(text) => token(turn, text),
        Heard::Done if grounding::is_grounded(turn.state) => grounding::check(turn, String::new(), true),
        Heard::Done => turn.finish(EntryState::Whole),
        Heard::Session { token, seconds } if turn.state.phase == Phase::Thinking => {
            session_opened(turn, token, seconds);
            if let Some(asked) = &mut turn.state.asked {
                asked.call = None;
            }
            turn.pass_gate();
        }
        Heard::Failed { failure, retry_after } => failed(turn, failure, retry_after),
        // Only the requests for them say so.
        Heard::Config(_) | Heard::Session { .. } => {}
    }
}

fn session_opened(turn: &mut Turn, token: String, seconds: u64) {
    let usable = if seconds > 2 * SESSION_MARGIN_SECONDS { seconds - SESSION_MARGIN_SECONDS } else { seconds / 2 };
    let id = turn.state.number();
    let remote = &mut turn.state.remote;
    (remote.session, remote.expiry) = (Some(token), id);
    turn.push(Effect::Wait { id, ms: turn::milliseconds(usable) });
}

/// A wait is over that concerns the server. False when it does not.
pub(super) fn waited(turn: &mut Turn, over: u32) -> bool {
    if turn.state.remote.expiry == over {
        turn.state.remote.session = None;
        return true;
    }
    let Some(asked) = turn.state.asked.as_mut().filter(|asked| asked.pause == Some(over)) else { return false };
    asked.pause = None;
    turn.pass_gate();
    true
}

/// The next piece of an answer.
pub(super) fn token(turn: &mut Turn, text: String) {
    let Some(answer) = turn.state.asked.as_ref().map(|asked| asked.answer) else { return };
    // What is held against a ground is seen when it has passed.
    let visible = recover::visible(turn) || !text.trim().is_empty() && !grounding::is_grounded(turn.state);
    if visible && let Some(key) = turn.state.asked.as_mut().and_then(|asked| asked.key.as_mut()) {
        key.seen();
    }
    limits::grow(turn, answer, text);
}

/// A session or an answer could not be had.
fn failed(turn: &mut Turn, failure: Failure, retry_after: Option<u64>) {
    remember_refusal(turn.state, &failure);
    let row = failure.row();
    if matches!(row, Code::BotChallengeRequired | Code::ChallengeFailed | Code::InvalidToken) {
        turn.state.remote.session = None;
        turn.state.remote.demanded |= row != Code::InvalidToken;
    }
    let (visible, random) = (recover::visible(turn), turn.random_number());
    let Some(asked) = &mut turn.state.asked else { return };
    (asked.call, asked.checks) = (None, false);
    let answer = asked.answer;
    let next = asked.tried.next(failure.retry(), visible, retry_after, random);
    // Also where there is no way on, the server is left alone for as long as it has said.
    let opens = asked.tried.opens(failure.retry(), retry_after, random);
    match next {
        Next::Again { .. } | Next::Challenge | Next::NewSession if !has_way(turn) => turn.fail_as(failure, opens),
        Next::Again { ms, countdown } => {
            turn.await_words(answer);
            pause(turn, ms, countdown);
        }
        Next::Challenge | Next::NewSession => {
            turn.await_words(answer);
            turn.pass_gate();
        }
        // The last two are the engine's matters.
        Next::Stop { .. } | Next::RestartEngine | Next::FetchAgain => turn.fail_as(failure, opens),
    }
}

/// Whether the question would get anywhere: by a challenge that is known and left, or a download not just declined.
fn has_way(turn: &Turn) -> bool {
    match admission::decide(turn) {
        Decision::Challenge => may_solve(turn),
        Decision::Refuse { .. } => false,
        Decision::AskDownload => turn.state.asked.as_ref().is_some_and(|asked| !asked.declined),
        _ => true,
    }
}

/// The server's own word on the plan outweighs its configuration.
pub(super) fn remember_refusal(state: &mut State, failure: &Failure) {
    if failure.row().status() == Some(402) {
        state.remote.refused = Some(failure.row());
    }
}

/// Asks the server again later.
pub(super) fn pause(turn: &mut Turn, ms: u32, countdown: bool) {
    let id = turn.state.number();
    if let Some(asked) = &mut turn.state.asked {
        asked.pause = Some(id);
    }
    turn.state.phase = if countdown { Phase::Waiting { seconds: ms.div_ceil(1_000) } } else { Phase::Thinking };
    turn.push(Effect::Wait { id, ms });
}

/// Ends what the question in flight still waits for of the server.
pub(super) fn stop(turn: &mut Turn) {
    let Some(asked) = &mut turn.state.asked else { return };
    asked.pause = None;
    // What the engine says goes on where it was.
    asked.checks &= asked.call.is_none();
    // The configuration is worth having for the next question.
    match asked.call.take() {
        Some(call) if !turn.state.remote.is_config(call) => turn.push(Effect::Abort(call)),
        _ => {}
    }
    if matches!(turn.state.phase, Phase::Verifying { .. }) {
        turn.push(Effect::EndChallenge);
    }
}

/// The site's options name another server, or another key.
pub(super) fn other_server(turn: &mut Turn) {
    if let ConfigState::Asking(call) = turn.state.remote.config {
        turn.push(Effect::Abort(call));
    }
    turn.state.remote.afresh();
    turn.state.remote.refused = None;
    config::mounted(turn);
}

/// The key by which the server knows the question under this answer, if nobody has seen a word of it yet.
pub(super) fn key_of(turn: &mut Turn, answer: EntryId) -> Option<IdempotencyKey> {
    let fresh = turn.random();
    let at = turn.state.keys.iter().position(|(id, _)| *id == answer)?;
    Some(turn.state.keys.swap_remove(at).1.again(fresh))
}
