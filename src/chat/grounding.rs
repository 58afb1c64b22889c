//! The flow's dealings with the site's own pages: a question is looked up before anything else is asked for it, what was
//! found becomes the ground of its answer, and the answer is held against that.

use super::{
    Effect, Told, builtin,
    state::{Asked, EntryId, EntryState, Model, Phase, State},
    transcript,
    turn::Turn,
};
use crate::{
    error::{Code, Failure, Family},
    knowledge::{Ground, LookUp, Source, Verdict},
    wire::{BackendKind, Message, Role},
};

/// How long a visitor waits for the first word while the model reads, in milliseconds.
const READING_MS: u64 = 3_000;

/// How many bytes of passages a model is given before its speed is known: on a GPU, and on a CPU.
const UNMEASURED: (usize, usize) = (6_000, 1_600);

/// How many bytes of passages a server is given.
const ONLINE_BYTES: usize = 16_000;

/// How many pairs of question and answer come before one that has a ground: the ground is what is to be read.
const MOST_PAIRS: usize = 2;

/// The most tokens of an answer that the device makes from passages: a sentence or two, and slack.
pub(super) const MOST_TOKENS: u32 = 192;

/// How freely words are chosen for it: what stands in a passage is to be said, and not anything like it.
pub(super) const MOST_TEMPERATURE: f32 = 0.2;

/// The question in flight is looked up, where the site has an index; otherwise it goes on at once.
pub(super) fn begin(turn: &mut Turn) {
    let Some(answer) = turn.state.asked.as_ref().map(|asked| asked.answer) else { return };
    show_sources(turn, answer, Vec::new());
    let Some(url) = turn.state.settings.knowledge.clone() else { return turn.pass_gate() };
    let id = turn.state.number();
    if let Some(asked) = &mut turn.state.asked {
        asked.look_up = Some(id);
    }
    let question = turn.state.question_of(answer).unwrap_or_default().to_owned();
    let before = turn.state.question_before(answer).map(str::to_owned);
    // A load that nobody waited for is shown until it has ended.
    if !matches!(turn.state.phase, Phase::Loading { .. }) {
        turn.state.phase = Phase::Thinking;
    }
    turn.push(Effect::LookUp(LookUp { id, url, question, before }));
}

/// A look-up came to an end.
pub(super) fn looked_up(turn: &mut Turn, id: u32, found: Result<Ground, String>) {
    let Some(asked) = turn.state.asked.as_mut().filter(|asked| asked.look_up == Some(id)) else { return };
    asked.look_up = None;
    let answer = asked.answer;
    let ground = match found {
        Ok(ground) => ground,
        // Without its ground a model would invent the answer.
        Err(message) => return turn.fail(Code::NetworkError, &message),
    };
    let sources = ground.sources.clone();
    if !sources.is_empty() {
        turn.push(Effect::Tell(Told::Sources(sources.clone())));
    }
    show_sources(turn, answer, sources);
    match ground.verdict {
        Verdict::Enough => {
            if let Some(asked) = &mut turn.state.asked {
                asked.ground = Some(ground);
            }
            turn.pass_gate();
        }
        Verdict::Chat => turn.pass_gate(),
        Verdict::Lacking => unanswered(turn),
    }
}

/// The site's pages are all that the site has, and the browser has nothing either: what was found is the answer.
pub(super) fn nobody_answers(turn: &mut Turn) {
    if is_grounded(turn.state) { turn.settle(EntryState::Whole) } else { unanswered(turn) }
}

fn unanswered(turn: &mut Turn) {
    let Some(answer) = turn.state.asked.as_ref().map(|asked| asked.answer) else { return };
    let question = turn.state.question_of(answer).unwrap_or_default().to_owned();
    turn.push(Effect::Tell(Told::Unanswered { question }));
    turn.settle(EntryState::Unanswered);
}

fn show_sources(turn: &mut Turn, answer: EntryId, sources: Vec<Source>) {
    if let Some(entry) = turn.state.entry_mut(answer).filter(|entry| entry.sources != sources) {
        entry.sources = sources;
        turn.push(Effect::Changed(answer));
    }
}

/// Whether the question in flight is being looked up: nothing else is done for it until that has ended.
pub(super) fn looks_up(state: &State) -> bool {
    state.asked.as_ref().is_some_and(|asked| asked.look_up.is_some())
}

/// Ends the look-up under way, if there is one.
pub(super) fn stop(turn: &mut Turn) {
    if turn.state.asked.as_mut().is_some_and(|asked| asked.look_up.take().is_some()) {
        turn.push(Effect::EndLookUp);
    }
}

/// Nobody can say it in a sentence, for a reason that is no defect: the passages are the answer. False where there are
/// none, or where words stand already.
pub(super) fn stands_alone(turn: &mut Turn, failure: &Failure) -> bool {
    let no_model = matches!(failure.family(), Family::Device | Family::Plan);
    let alone = no_model && is_grounded(turn.state) && !super::recover::visible(turn);
    if alone {
        turn.push(Effect::Note(["the passages stand as the answer: ", &failure.code, ": ", &failure.message].concat()));
        turn.settle(EntryState::Whole);
    }
    alone
}

/// Whether the answer in flight stands on passages.
pub(super) fn is_grounded(state: &State) -> bool {
    state.asked.as_ref().is_some_and(|asked| asked.ground.is_some())
}

/// What the answer in flight has said is to be held against its ground; `last` is after all of it.
pub(super) fn check(turn: &mut Turn, piece: String, last: bool) {
    let Some(asked) = &mut turn.state.asked else { return };
    let first = !std::mem::replace(&mut asked.checks, true);
    let answer = asked.answer;
    turn.push(Effect::Check { answer, piece, first, last });
}

/// The last piece of the answer in flight was held against its ground.
pub(super) fn checked(turn: &mut Turn) {
    if super::recover::visible(turn) {
        return turn.finish(EntryState::Whole);
    }
    turn.push(Effect::Note("the model said nothing that the passages support: they stand as the answer".into()));
    turn.settle(EntryState::Whole);
}

/// Another answer begins, of which nothing was said.
pub(super) fn begins(turn: &mut Turn) {
    turn.state.phase = Phase::Thinking;
    if let Some(asked) = &mut turn.state.asked {
        (asked.checks, asked.said) = (false, 0);
    }
}

/// The engine begins to read.
pub(super) fn reads(turn: &mut Turn, messages: &[Message]) {
    let bytes = messages.last().map_or(0, |message| message.content.len());
    let date = turn.state.date;
    begins(turn);
    if let Some(asked) = &mut turn.state.asked {
        asked.reading = asked.ground.is_some().then_some((date, bytes));
    }
}

/// The engine's first piece: it has read.
pub(super) fn has_read(turn: &mut Turn) {
    let date = turn.state.date;
    let reading = turn.state.asked.as_mut().and_then(|asked| asked.reading.take());
    // A clock of the day may be put back.
    if let Some((since, bytes)) = reading
        && let Some(ms) = date.checked_sub(since)
    {
        turn.state.engine.read_in_time = Some((bytes as u64 * READING_MS / ms.max(1)) as usize);
    }
}

/// What the model reads: the conversation, and for a question with a ground the passages, as many as it can read in time.
pub(super) fn messages(state: &State, answer: EntryId, online: bool) -> Vec<Message> {
    let mut messages = transcript::messages(state, answer);
    let Some(Asked { ground: Some(ground), .. }) = &state.asked else { return messages };
    let has_prompt = matches!(messages.first(), Some(Message { role: Role::System, .. }));
    let mut system = ground.rules.clone();
    if has_prompt {
        system.push_str("\n\n");
        system.push_str(&messages.remove(0).content);
    }
    let surplus = messages.len().saturating_sub(2 * MOST_PAIRS + 1);
    messages.drain(..surplus);
    let passages = fitting(&ground.passages, if online { ONLINE_BYTES } else { room(state) });
    if online {
        system.push_str("\n\n");
        system.push_str(&passages);
    } else if let Some(question) = messages.last_mut() {
        // Small models do what they were told last.
        let asked = [&passages, "\n\nQuestion: ", &question.content, "\nAnswer with a sentence from the passages."];
        question.content = asked.concat();
    }
    messages.insert(0, Message { role: Role::System, content: system });
    messages
}

/// How many bytes of passages the device's model reads in time. The browser's is not begun where it would be slow.
fn room(state: &State) -> usize {
    if builtin::answers(state) {
        return UNMEASURED.0;
    }
    state.engine.read_in_time.unwrap_or(match state.engine.model {
        Model::Loaded { backend: BackendKind::WebGpu, .. } => UNMEASURED.0,
        _ => UNMEASURED.1,
    })
}

/// The passages that fit, and the first in any case.
fn fitting(passages: &[String], room: usize) -> String {
    let mut text = String::from("Passages:");
    for (at, passage) in passages.iter().enumerate() {
        if at > 0 && text.len() + passage.len() > room {
            break;
        }
        text.push('\n');
        text.push_str(passage);
    }
    text
}
