//! What the model reads of the conversation.

use super::state::{EntryId, Speaker, State};
use crate::wire::{Message, Role};

/// The conversation up to the question whose answer `answer` will be: the site's instructions, then every earlier
/// question that has words for an answer, then the question.
///
/// An answer counts as the visitor sees it, so one that was stopped or cut off counts with what stands. A question
/// without a word of an answer (it failed, or the download was declined) is left out with it: templates and models
/// expect the sides to alternate, and the visitor who still wants to know asks again.
pub(super) fn messages(state: &State, answer: EntryId) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut say = |role, content: &str| messages.push(Message { role, content: content.to_owned() });
    if let Some(prompt) = state.settings.system_prompt.as_deref().filter(|prompt| !prompt.trim().is_empty()) {
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
    messages
}
