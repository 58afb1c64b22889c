//! What is sent: addresses, headers and bodies, as text, and the key by which a server knows a repeated question.

use crate::wire::{Message, Role};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt::Write};

/// What kind of server answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiKind {
    /// InferKit's own API.
    #[default]
    InferKit,
    /// Any server of OpenAI's chat completions. It is sent nothing of ours: no key that begins with `ik_`, and none of
    /// our headers.
    OpenAi,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// `GET`: what the site's plan and owner allow.
    Config,
    /// `POST` of a [`session_body`]: a session for a solved challenge.
    Session,
    /// `POST` of a [`Completion::body`]: an answer.
    Completion,
}

impl Request {
    /// Its address, under the site's `apiBase`; None when servers of that kind have no such thing. The base of an
    /// OpenAI-compatible server ends in its version, as in all their documentation (`https://host/v1`).
    #[must_use]
    pub fn url(self, kind: ApiKind, base: &str) -> Option<String> {
        let path = match (kind, self) {
            (ApiKind::InferKit, Self::Config) => "/v1/widget/config",
            (ApiKind::InferKit, Self::Session) => "/v1/sessions",
            (ApiKind::InferKit, Self::Completion) => "/v1/chat/completions",
            (ApiKind::OpenAi, Self::Completion) => "/chat/completions",
            (ApiKind::OpenAi, Self::Config | Self::Session) => return None,
        };
        Some(format!("{}{path}", base.trim_end_matches('/')))
    }
}

/// A request, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// What is asked for.
    pub request: Request,
    /// Its address.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// What is posted; none for a `GET`.
    pub body: Option<String>,
}

/// Where a site's requests go, and in whose name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// What kind of server it is.
    pub kind: ApiKind,
    /// The site's `apiBase`.
    pub base: String,
    /// The site's key, if it has given one.
    pub api_key: Option<String>,
    /// The origin of the page around our iframe, if we are in one.
    pub embed_origin: Option<String>,
    /// The model to ask for; the configuration may name one too.
    pub model: Option<String>,
}

impl Server {
    /// What to send; None when servers of this kind have no such thing.
    ///
    /// `session` and `question` go with a completion and mean nothing elsewhere.
    #[must_use]
    pub fn outgoing(
        &self,
        request: Request,
        body: Option<String>,
        session: Option<&str>,
        question: Option<&IdempotencyKey>,
    ) -> Option<Outgoing> {
        let caller = Caller {
            kind: self.kind,
            api_key: self.api_key.as_deref(),
            session,
            embed_origin: self.embed_origin.as_deref(),
        };
        Some(Outgoing {
            request,
            url: request.url(self.kind, &self.base)?,
            headers: caller.headers(request, question).into_iter().map(|(name, value)| (name.into(), value)).collect(),
            body,
        })
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller<'a> {
    /// What kind of server is asked.
    pub kind: ApiKind,
    /// The site's key, if it has given one.
    pub api_key: Option<&'a str>,
    /// A session's token, if there is one.
    pub session: Option<&'a str>,
    /// The origin of the page around our iframe, if we are in one.
    pub embed_origin: Option<&'a str>,
}

impl Caller<'_> {
    /// The request's headers. `question` is given with a completion.
    ///
    /// A key that this kind of server must not see is left out, and so is a value that no header can hold: the server
    /// then refuses the request with words of its own, and nothing throws.
    #[must_use]
    pub fn headers(&self, request: Request, question: Option<&IdempotencyKey>) -> Vec<(&'static str, String)> {
        let ours = self.kind == ApiKind::InferKit;
        let completion = request == Request::Completion;
        let fits = |key: &&str| if ours { key.starts_with("ik_pub_") } else { !key.starts_with("ik_") };
        let bearer = self.api_key.filter(fits).map(|key| ["Bearer ", key].concat());
        let mut headers = Vec::new();
        let mut add = |name, wanted: bool, value: Option<&str>| {
            if let Some(value) = value.filter(|value| wanted && can_be_sent(value)) {
                headers.push((name, value.to_owned()));
            }
        };
        add("Authorization", true, bearer.as_deref());
        add("Content-Type", request != Request::Config, Some("application/json"));
        add("Idempotency-Key", ours && completion, question.map(IdempotencyKey::as_str));
        add("X-InferKit-Session", ours && completion, self.session);
        add("X-InferKit-Embed-Origin", ours, self.embed_origin);
        headers
    }
}

/// Visible ASCII and spaces inside, as in RFC 9110's field values; more is never needed here.
fn can_be_sent(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// An answer that is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Completion<'a> {
    /// The model's name on that server.
    pub model: &'a str,
    /// Oldest first, ending with the visitor's question.
    pub messages: &'a [Message],
    /// The most tokens of the answer.
    pub max_tokens: u32,
    /// 0 is greedy. Sent with three decimals; what is no number at all counts as 0.
    pub temperature: f32,
}

impl Completion<'_> {
    /// The body, as JSON.
    #[must_use]
    pub fn body(&self) -> String {
        let mut body = String::from("{\"model\":");
        quote(self.model, &mut body);
        body.push_str(",\"messages\":[");
        for (index, message) in self.messages.iter().enumerate() {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            body.push_str(if index == 0 { "{\"role\":\"" } else { ",{\"role\":\"" });
            body.push_str(role);
            body.push_str("\",\"content\":");
            quote(&message.content, &mut body);
            body.push('}');
        }
        // In thousandths: a formatter of floating-point numbers is ten kilobytes that the first paint can do without.
        let thousandths = (self.temperature * 1_000.0 + 0.5) as u32;
        // Writing to a string can't fail.
        let _ = write!(
            body,
            "],\"stream\":true,\"max_tokens\":{},\"temperature\":{}.{:03}}}",
            self.max_tokens,
            thousandths / 1_000,
            thousandths % 1_000,
        );
        body
    }
}

/// The body of [`Request::Session`], as JSON.
#[must_use]
pub fn session_body(turnstile_token: &str) -> String {
    let mut body = String::from("{\"turnstile_token\":");
    quote(turnstile_token, &mut body);
    body.push('}');
    body
}

/// Appends a JSON string: quoted, and escaped where RFC 8259 demands it and nowhere else.
fn quote(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Names one question to the server, so that however often it arrives it is answered and charged once.
///
/// It stays the same through retries, challenges and new sessions, and through Try again as long as the visitor has
/// seen nothing of the answer. After that, and for "regenerate", another answer is wanted, and so another key. A server
/// takes one body under one key: when the conversation before the question has changed, it is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    text: String,
    seen: bool,
    /// A sum over what was sent under it; 0 where nothing was.
    body: u64,
}

impl IdempotencyKey {
    /// A key for a new question, or for another answer to an old one: a version 4 UUID of sixteen bytes from the
    /// platform's cryptographic random source.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        // RFC 9562, 5.4: four bits say the version, two the variant.
        let mut bytes = random;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (index, byte) in bytes.into_iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        Self { text, seen: false, body: 0 }
    }

    /// The header's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The visitor sees words of the answer.
    pub fn seen(&mut self) {
        self.seen = true;
    }

    /// The key to send this body under: another one where something else was sent under this.
    #[must_use]
    pub fn for_body(self, body: &str, random: [u8; 16]) -> Self {
        let sum = sum(body);
        let fits = self.body == 0 || self.body == sum;
        Self { body: sum, ..if fits { self } else { Self::new(random) } }
    }

    /// What the next page needs of it; nothing where the next page needs another.
    #[must_use]
    pub fn to_keep(&self) -> Option<(String, u64)> {
        (!self.seen && self.body != 0).then(|| (self.text.clone(), self.body))
    }

    /// One that the page before kept. None for what can't be one.
    #[must_use]
    pub fn kept(text: &str, body: u64) -> Option<Self> {
        let fits = text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        fits.then(|| Self { text: text.to_owned(), seen: false, body })
    }

    /// The visitor pressed Try again: the key to go on with.
    #[must_use]
    pub fn again(self, random: [u8; 16]) -> Self {
        if self.seen { Self::new(random) } else { self }
    }
}

/// FNV-1a over a text's bytes, never 0: enough to tell a conversation that has changed.
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) | 1
}

#[cfg(test)]
mod tests;
