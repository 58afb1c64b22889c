//! The flow's dealings with the browser's own model: whether there is one, and what it says.
//!
//! The browser is asked once in a page's life, with the first question that may need to know. A model that it would have
//! to download first is none: such a download is never begun. One that is there answers before a download of ours is
//! offered, unless our engine has its model already.

use super::{
    Effect, grounding, local, recover, remote,
    state::{EntryState, State},
    turn::Turn,
};
use crate::{
    answer::{remote::Heard, retry::Opens},
    error::{Code, Failure},
    gate::Mode,
};

/// The browser's own model, as far as the conversation knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Builtin {
    /// The browser was not asked for one.
    #[default]
    Unknown,
    /// It was asked, and has not said.
    Asking,
    /// There is one, ready to answer.
    There,
    /// There is none, or it has failed: for as long as the page lives.
    Absent,
}

/// Whether it would answer if it was there.
fn is_wanted(state: &State) -> bool {
    state.settings.builtin && state.settings.mode != Mode::Remote && !local::has_model(state)
}

/// Whether it answers, in our engine's place.
pub(super) fn answers(state: &State) -> bool {
    state.builtin == Builtin::There && is_wanted(state)
}

/// Whether the answer to a question hangs on what the browser has not said yet. Asks the browser, where nobody has.
pub(super) fn is_awaited(turn: &mut Turn) -> bool {
    if !is_wanted(turn.state) {
        return false;
    }
    if turn.state.builtin == Builtin::Unknown {
        turn.state.builtin = Builtin::Asking;
        turn.push(Effect::Probe);
    }
    turn.state.builtin == Builtin::Asking
}

/// The browser has said whether a model is there.
pub(super) fn probed(turn: &mut Turn, there: bool) {
    if turn.state.builtin != Builtin::Asking {
        return;
    }
    turn.state.builtin = if there { Builtin::There } else { Builtin::Absent };
    if turn.state.asked.as_ref().is_some_and(|asked| asked.probes) {
        turn.pass_gate();
    }
}

/// Asks it the question in flight. The gate has allowed it.
pub(super) fn answer(turn: &mut Turn) {
    let id = turn.state.number();
    let Some(answer) = turn.state.asked.as_ref().map(|asked| asked.answer) else { return };
    let messages = grounding::messages(turn.state, answer, false);
    grounding::begins(turn);
    if let Some(asked) = &mut turn.state.asked {
        asked.prompt = Some(id);
    }
    turn.push(Effect::Prompt { id, messages });
}

/// It said something. False where nobody waits for that under this name.
pub(super) fn heard(turn: &mut Turn, id: u32, heard: &Heard) -> bool {
    if turn.state.asked.as_ref().is_none_or(|asked| asked.prompt != Some(id)) {
        return false;
    }
    match heard {
        Heard::Text(text) => remote::token(turn, text.clone()),
        Heard::Done if grounding::is_grounded(turn.state) => grounding::check(turn, String::new(), true),
        Heard::Done if recover::visible(turn) => turn.finish(EntryState::Whole),
        // An empty bubble would leave the visitor guessing.
        Heard::Done => turn.fail(Code::AnswerEmpty, "the browser's model ended its answer before a word"),
        Heard::Failed { failure, .. } => failed(turn, failure),
        // Only servers say so.
        Heard::Config(_) | Heard::Session { .. } => {}
    }
    true
}

/// It can't answer. Where no word of it stands, our engine or a server may.
fn failed(turn: &mut Turn, failure: &Failure) {
    let Some(asked) = &mut turn.state.asked else { return };
    (asked.prompt, asked.checks) = (None, false);
    let answer = asked.answer;
    // The question's fault, not the model's.
    let sound = failure.row() == Code::QuestionTooLong;
    if !sound {
        turn.state.builtin = Builtin::Absent;
    }
    if sound || recover::visible(turn) {
        return turn.fail_as(failure.clone(), Opens::Now);
    }
    turn.push(Effect::Note(["not asked again on this page: ", &failure.message].concat()));
    turn.await_words(answer);
    turn.pass_gate();
}

/// Ends what it is at.
pub(super) fn stop(turn: &mut Turn) {
    if let Some(id) = turn.state.asked.as_mut().and_then(|asked| asked.prompt.take()) {
        turn.push(Effect::Abort(id));
    }
}
