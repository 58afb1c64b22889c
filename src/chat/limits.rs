//! What a conversation holds at most: a question, an answer, and what of it all a model reads.

use super::{
    Effect, Told, builtin, grounding, local, recover, remote,
    state::{EntryId, EntryState, Phase},
    turn::Turn,
};
use crate::error::Code;

/// The longest question, in UTF-16 units as a text field counts them.
pub const QUESTION_LIMIT: usize = 8_000;

/// The longest answer, in bytes, whatever `maxTokens` says.
const ANSWER_BYTES: usize = 256 * 1024;

/// Bytes that a token may have: the longest of real vocabularies are runs of white space.
const TOKEN_BYTES: usize = 16;

/// Bytes that an answer may have beyond that.
const SLACK_BYTES: usize = 4 * 1024;

/// The longest time from an answer's first word to its last, in milliseconds.
const ANSWER_MS: u32 = 600_000;

/// Whether a question is longer than one may be.
pub(super) fn is_too_long(question: &str) -> bool {
    // No text has more UTF-16 units than bytes.
    question.len() > QUESTION_LIMIT && question.encode_utf16().nth(QUESTION_LIMIT).is_some()
}

/// The next piece of the answer in flight. One that stands on passages is held against them before it is shown.
pub(super) fn grow(turn: &mut Turn, answer: EntryId, text: String) {
    if !grounding::is_grounded(turn.state) {
        return show(turn, answer, text);
    }
    wait(turn);
    let most = most_bytes(turn);
    let Some(asked) = &mut turn.state.asked else { return };
    asked.said += text.len();
    if asked.said > most {
        return end_at(turn, most);
    }
    grounding::check(turn, text, false);
}

fn most_bytes(turn: &Turn) -> usize {
    let most = (turn.state.settings.max_tokens as usize).saturating_mul(TOKEN_BYTES).saturating_add(SLACK_BYTES);
    most.min(ANSWER_BYTES)
}

/// An answer that has begun must end.
fn wait(turn: &mut Turn) {
    if turn.state.longest.is_none() {
        let id = turn.state.number();
        turn.state.longest = Some(id);
        turn.push(Effect::Wait { id, ms: ANSWER_MS });
    }
}

/// The next piece of the answer in flight as the visitor sees it.
pub(super) fn show(turn: &mut Turn, answer: EntryId, mut text: String) {
    let most = most_bytes(turn);
    let Some(entry) = turn.state.entry_mut(answer) else { return };
    let room = most.saturating_sub(entry.text.len());
    let full = text.len() > room;
    text.truncate(text.floor_char_boundary(room));
    entry.text.push_str(&text);
    turn.state.phase = Phase::Answering;
    wait(turn);
    if !text.is_empty() {
        turn.push(Effect::Appended(answer, text.clone()));
        turn.push(Effect::Tell(Told::Token(text)));
    }
    if full {
        end_at(turn, most);
    }
}

fn end_at(turn: &mut Turn, most: usize) {
    end(turn, &format!("an answer was ended at {most} bytes, more than maxTokens can account for"));
}

/// A wait is over that bounds an answer. False when it does not.
pub(super) fn waited(turn: &mut Turn, over: u32) -> bool {
    let fits = turn.state.longest == Some(over);
    if fits {
        end(turn, "an answer was ended ten minutes after its first word");
    }
    fits
}

/// The answer in flight has all that an answer may have: it stands as it is.
fn end(turn: &mut Turn, note: &str) {
    turn.state.longest = None;
    if turn.state.asked.as_ref().is_some_and(|asked| asked.generate.is_some()) {
        local::stop_generating(turn);
    } else {
        builtin::stop(turn);
        remote::stop(turn);
    }
    if grounding::is_grounded(turn.state) || recover::visible(turn) {
        turn.push(Effect::Note(note.to_owned()));
        turn.finish(EntryState::Whole);
    } else {
        turn.fail(Code::AnswerEmpty, note);
    }
}
