//! What is asked of a model: the request of OpenAI's chat completions, as far as an answer depends on it.
//!
//! Members that we do not know are let pass, as every server of this kind does. Those that we know are right or named
//! in the refusal.

use crate::failure::Failure;
use inferkit_widget::{
    error::Code,
    wire::{Message, Role},
};
use serde_json::Value;

/// The most tokens of an answer that a request may ask for.
const MOST_TOKENS: u64 = 4096;
/// The most messages of a conversation.
const MOST_MESSAGES: usize = 200;

/// One question, valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Oldest first; the last is the visitor's.
    pub messages: Vec<Message>,
    /// The most tokens of the answer.
    pub max_tokens: u32,
    /// 0 is greedy.
    pub temperature: f32,
    /// The share of probability to choose from.
    pub top_p: f32,
    /// For the same answer to the same question.
    pub seed: Option<u32>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Whether the answer comes piece by piece.
    pub stream: bool,
}

impl Question {
    /// Reads a request's body.
    ///
    /// # Errors
    /// `bad_request`, naming the member that is wrong.
    pub fn read(body: &Value) -> Result<Self, Failure> {
        if !body.is_object() {
            return Err(bad("The body is not an object."));
        }
        if present(body, "n").is_some_and(|n| n.as_u64() != Some(1)) {
            return Err(bad("`n` must be 1."));
        }
        if present(body, "model").is_some_and(|model| !model.is_string()) {
            return Err(bad("`model` must be a text."));
        }
        let limit =
            if present(body, "max_completion_tokens").is_some() { "max_completion_tokens" } else { "max_tokens" };
        Ok(Self {
            messages: messages(body)?,
            max_tokens: whole(body, limit, 1, MOST_TOKENS)?.unwrap_or(512) as u32,
            temperature: number(body, "temperature", 0.0, 2.0)?.unwrap_or(0.7),
            top_p: number(body, "top_p", 0.0, 1.0)?.unwrap_or(0.95),
            seed: whole(body, "seed", 0, u32::MAX.into())?.map(|seed| seed as u32),
            stop: stop(body)?,
            stream: match present(body, "stream") {
                None => false,
                Some(stream) => stream.as_bool().ok_or_else(|| bad("`stream` must be true or false."))?,
            },
        })
    }
}

fn bad(message: impl Into<String>) -> Failure {
    Failure::new(Code::BadRequest, message)
}

/// A member that is there and not null.
fn present<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    body.get(name).filter(|value| !value.is_null())
}

fn whole(body: &Value, name: &str, least: u64, most: u64) -> Result<Option<u64>, Failure> {
    let Some(value) = present(body, name) else { return Ok(None) };
    let number = value.as_u64().filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| bad(format!("`{name}` must be a whole number from {least} to {most}.")))
}

fn number(body: &Value, name: &str, least: f64, most: f64) -> Result<Option<f32>, Failure> {
    let Some(value) = present(body, name) else { return Ok(None) };
    let number = value.as_f64().filter(|number| (least..=most).contains(number));
    number.map(|number| Some(number as f32)).ok_or_else(|| bad(format!("`{name}` must be from {least} to {most}.")))
}

fn stop(body: &Value) -> Result<Vec<String>, Failure> {
    let wrong = || bad("`stop` must be a text or up to four.");
    match present(body, "stop") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(texts)) if texts.len() <= 4 => {
            texts.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn messages(body: &Value) -> Result<Vec<Message>, Failure> {
    let listed = present(body, "messages").and_then(Value::as_array).filter(|listed| !listed.is_empty());
    let listed = listed.ok_or_else(|| bad("`messages` must be a list with at least one message."))?;
    if listed.len() > MOST_MESSAGES {
        return Err(bad(format!("`messages` has more than {MOST_MESSAGES} messages.")));
    }
    let messages: Vec<_> = listed.iter().enumerate().map(|(at, value)| message(at, value)).collect::<Result<_, _>>()?;
    match messages.last() {
        Some(last) if last.role == Role::User => Ok(messages),
        _ => Err(bad("The last of `messages` must be the user's.")),
    }
}

fn message(at: usize, value: &Value) -> Result<Message, Failure> {
    let role = match value.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(bad(format!("`messages[{at}].role` must be system, user or assistant."))),
    };
    let content = content(value.get("content")).filter(|text| !text.is_empty());
    let content = content.ok_or_else(|| bad(format!("`messages[{at}].content` must be a text that is not empty.")))?;
    Ok(Message { role, content })
}

/// A text, or the texts of a list of parts.
fn content(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().map(|part| part.get("text").and_then(Value::as_str)).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_what_is_wrong() {
        let check = |change: Value, expected: &str| {
            let mut body = json!({ "messages": [{ "role": "user", "content": "Hi" }] });
            for (name, value) in change.as_object().expect("an object") {
                body[name] = value.clone();
            }
            assert_eq!(Question::read(&body).map_err(|failure| failure.message().to_owned()), Err(expected.into()));
        };
        check(json!({ "messages": [] }), "`messages` must be a list with at least one message.");
        check(json!({ "messages": [{ "role": "robot" }] }), "`messages[0].role` must be system, user or assistant.");
        check(
            json!({ "messages": [{ "role": "user", "content": 1 }] }),
            "`messages[0].content` must be a text that is not empty.",
        );
        check(
            json!({ "messages": [{ "role": "assistant", "content": "Hi" }] }),
            "The last of `messages` must be the user's.",
        );
        check(json!({ "max_tokens": 0 }), "`max_tokens` must be a whole number from 1 to 4096.");
        check(json!({ "temperature": "warm" }), "`temperature` must be from 0 to 2.");
        check(json!({ "stop": [1] }), "`stop` must be a text or up to four.");
        check(json!({ "stream": 1 }), "`stream` must be true or false.");
        check(json!({ "n": 2 }), "`n` must be 1.");
    }

    #[test]
    fn what_is_left_out_or_null_has_a_default_and_the_unknown_passes() {
        let body = json!({ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "Hi" }] }],
            "temperature": null, "logprobs": true });
        let question = Question::read(&body).expect("a valid question");
        assert_eq!(question.messages, [Message { role: Role::User, content: "Hi".into() }]);
        assert_eq!((question.max_tokens, question.stream, question.stop.len()), (512, false, 0));
    }
}
