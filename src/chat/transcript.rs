//! What the model reads of the conversation.

use super::state::{EntryId, Speaker, State};
use crate::wire::{Message, Role};

/// The most messages of a conversation that are sent, the site's instructions and the question included.
const MOST_MESSAGES: usize = 64;

/// The most bytes of them. The question itself, and the site's instructions, count and are never left out.
const MOST_BYTES: usize = 128 * 1024;

/// The conversation up to the question whose answer `answer` will be: the site's instructions, then every earlier
/// question that has words for an answer, then the question.
///
/// An answer counts as the visitor sees it, so one that was stopped or cut off counts with what stands. A question
/// without a word of an answer (it failed, or the download was declined) is left out with it: templates and models
/// expect the sides to alternate, and the visitor who still wants to know asks again. Of a long conversation the oldest
/// pairs are left out.
pub(super) fn messages(state: &State, answer: EntryId) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut say = |role, content: &str| messages.push(Message { role, content: content.to_owned() });
    let prompt = state.settings.system_prompt.as_deref().filter(|prompt| !prompt.trim().is_empty());
    if let Some(prompt) = prompt {
        say(Role::System, prompt);
    }
    for pair in state.entries.windows(2) {
        let [question, reply] = pair else { continue };
        if (question.speaker, reply.speaker) != (Speaker::Visitor, Speaker::Assistant) {
            continue;
        }
        if reply.id == answer {
            say(Role::User, &question.text);
            break;
        }
        if !reply.text.trim().is_empty() {
            say(Role::User, &question.text);
            say(Role::Assistant, &reply.text);
        }
    }
    let instructions = usize::from(prompt.is_some());
    let mut bytes: usize = messages.iter().map(|message| message.content.len()).sum();
    let mut surplus = 0;
    let pairs = messages.get(instructions..).unwrap_or_default().chunks_exact(2);
    for pair in pairs {
        if bytes <= MOST_BYTES && messages.len() - surplus <= MOST_MESSAGES {
            break;
        }
        bytes -= pair.iter().map(|message| message.content.len()).sum::<usize>();
        surplus += 2;
    }
    let mut at = 0;
    messages.retain(|_| {
        at += 1;
        at <= instructions || at > instructions + surplus
    });
    messages
}
