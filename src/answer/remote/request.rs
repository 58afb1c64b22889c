//! What is sent: addresses, headers and bodies, as text, and the key by which a server knows a repeated question.

use crate::wire::{Message, Role};
use std::fmt::Write;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// What is asked for.
    pub request: Request,
    /// Its address.
    pub url: String,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
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
            headers: caller.headers(request, question),
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
        let only = |wanted: bool, value: Option<&str>| value.filter(|_| wanted).map(str::to_owned);
        [
            ("Authorization", self.api_key.filter(fits).map(|key| format!("Bearer {key}"))),
            ("Content-Type", only(request != Request::Config, Some("application/json"))),
            ("Idempotency-Key", only(ours && completion, question.map(IdempotencyKey::as_str))),
            ("X-InferKit-Session", only(ours && completion, self.session)),
            ("X-InferKit-Embed-Origin", only(ours, self.embed_origin)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| can_be_sent(value))?)))
        .collect()
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
    /// What was sent under it.
    body: String,
}

impl IdempotencyKey {
    /// A key for a new question, or for another answer to an old one: a version 4 UUID of sixteen bytes from the
    /// platform's cryptographic random source.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        // RFC 9562, 5.4: four bits say the version, two the variant.
        let bits = u128::from_be_bytes(random) & !(0xf << 76) & !(0b11 << 62) | (0x4 << 76) | (0b10 << 62);
        let digits = format!("{bits:032x}");
        let mut text = String::with_capacity(36);
        for (index, digit) in digits.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        Self { text, seen: false, body: String::new() }
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
        let fits = self.body.is_empty() || self.body == body;
        Self { body: body.to_owned(), ..if fits { self } else { Self::new(random) } }
    }

    /// The visitor pressed Try again: the key to go on with.
    #[must_use]
    pub fn again(self, random: [u8; 16]) -> Self {
        if self.seen { Self::new(random) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const KEY: &str = "ik_pub_live_abc";

    fn headers(caller: Caller<'_>, request: Request) -> Vec<(&'static str, String)> {
        caller.headers(request, Some(&IdempotencyKey::new([0; 16])))
    }

    fn names(caller: Caller<'_>, request: Request) -> Vec<&'static str> {
        headers(caller, request).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn each_request_has_its_address() {
        let check = |request: Request, ours: &str, theirs: Option<&str>| {
            for base in ["https://api.example", "https://api.example/"] {
                assert_eq!(request.url(ApiKind::InferKit, base).as_deref(), Some(ours));
            }
            for base in ["http://localhost:8080/v1", "http://localhost:8080/v1//"] {
                assert_eq!(request.url(ApiKind::OpenAi, base).as_deref(), theirs);
            }
        };
        check(Request::Config, "https://api.example/v1/widget/config", None);
        check(Request::Session, "https://api.example/v1/sessions", None);
        let theirs = Some("http://localhost:8080/v1/chat/completions");
        check(Request::Completion, "https://api.example/v1/chat/completions", theirs);
    }

    #[test]
    fn our_api_gets_what_the_contract_says() {
        let caller = Caller {
            kind: ApiKind::InferKit,
            api_key: Some(KEY),
            session: Some("s.e-s"),
            embed_origin: Some("https://site.example:8443"),
        };
        let owned = |pairs: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        assert_eq!(
            headers(caller, Request::Completion),
            owned(&[
                ("Authorization", "Bearer ik_pub_live_abc"),
                ("Content-Type", "application/json"),
                ("Idempotency-Key", "00000000-0000-4000-8000-000000000000"),
                ("X-InferKit-Session", "s.e-s"),
                ("X-InferKit-Embed-Origin", "https://site.example:8443"),
            ])
        );
        assert_eq!(names(caller, Request::Config), ["Authorization", "X-InferKit-Embed-Origin"]);
        assert_eq!(names(caller, Request::Session), ["Authorization", "Content-Type", "X-InferKit-Embed-Origin"]);
        let bare = Caller { session: None, embed_origin: None, ..caller };
        assert_eq!(names(bare, Request::Completion), ["Authorization", "Content-Type", "Idempotency-Key"]);
    }

    #[test]
    fn another_server_gets_nothing_of_ours() {
        let caller = |api_key| Caller {
            kind: ApiKind::OpenAi,
            api_key,
            session: Some("session"),
            embed_origin: Some("https://site.example"),
        };
        let check = |api_key, expected: &[&str]| {
            assert_eq!(names(caller(api_key), Request::Completion), expected, "{api_key:?}");
        };
        check(Some("sk-other"), &["Authorization", "Content-Type"]);
        check(None, &["Content-Type"]);
        check(Some(KEY), &["Content-Type"]);
        check(Some("ik_sec_live_abc"), &["Content-Type"]);
    }

    #[test]
    fn a_value_that_no_header_can_hold_is_left_out() {
        for bad in ["", "a\nb", "a\r\nX: y", "a\0", "ключ", " a", "a\u{7f}"] {
            let key = format!("ik_pub_{bad}");
            let caller =
                Caller { kind: ApiKind::InferKit, api_key: Some(&key), session: Some(bad), embed_origin: Some(bad) };
            let names = names(caller, Request::Completion);
            assert!(!names.contains(&"X-InferKit-Session") && !names.contains(&"X-InferKit-Embed-Origin"), "{bad:?}");
            assert_eq!(names.contains(&"Authorization"), matches!(bad, "" | " a"), "{bad:?}");
        }
        // Ours takes a publishable key and no other.
        for key in ["ik_sec_live_abc", "sk-other", ""] {
            let caller = Caller { api_key: Some(key), ..Caller::default() };
            assert_eq!(names(caller, Request::Config), [""; 0]);
        }
    }

    #[test]
    fn a_temperature_is_what_was_asked_for() {
        let check = |temperature: f32, sent: &str| {
            let body = Completion { model: "m", messages: &[], max_tokens: 1, temperature }.body();
            assert!(body.ends_with(&format!("\"temperature\":{sent}}}")), "{body}");
        };
        check(0.7, "0.700");
        check(0.0, "0.000");
        check(1.0, "1.000");
        check(1.999_9, "2.000");
        check(0.05, "0.050");
        check(-1.0, "0.000");
        check(f32::NAN, "0.000");
        check(f32::NEG_INFINITY, "0.000");
        check(f32::INFINITY, "4294967.295");
    }

    #[test]
    fn a_key_stays_until_something_was_seen() {
        let key = IdempotencyKey::new([1; 16]);
        assert_eq!(key.clone().again([2; 16]), key);
        let mut seen = key.clone();
        seen.seen();
        assert_eq!(seen.as_str(), key.as_str());
        let other = seen.again([2; 16]);
        assert_eq!(other, IdempotencyKey::new([2; 16]));
        assert_ne!(other.as_str(), key.as_str());
        assert_eq!(IdempotencyKey::new([0xff; 16]).as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_key_is_for_one_body() {
        let key = IdempotencyKey::new([1; 16]).for_body("a", [2; 16]);
        assert_eq!(key.as_str(), IdempotencyKey::new([1; 16]).as_str());
        assert_eq!(key.clone().for_body("a", [2; 16]), key);
        assert_eq!(key.for_body("b", [2; 16]), IdempotencyKey::new([2; 16]).for_body("b", [3; 16]));
    }

    fn messages() -> impl Strategy<Value = Vec<Message>> {
        let role = prop::sample::select(vec![Role::System, Role::User, Role::Assistant]);
        prop::collection::vec((role, any::<String>()).prop_map(|(role, content)| Message { role, content }), 0..5)
    }

    proptest! {
        #[test]
        fn strings_are_written_as_serde_json_writes_them(
            text: String,
            low in "[\\x00-\\x30\\\\\"\u{7f}-\u{a0}\u{2028}]*",
        ) {
            for text in [text, low] {
                let mut ours = String::new();
                quote(&text, &mut ours);
                prop_assert_eq!(&ours, &Value::from(text.as_str()).to_string());
                prop_assert_eq!(session_body(&text), json!({ "turnstile_token": text }).to_string());
            }
        }

        #[test]
        fn the_body_says_what_was_asked(model: String, messages in messages(), max_tokens: u32, tenths in 0u8..21) {
            let temperature = f32::from(tenths) / 10.0;
            let body = Completion { model: &model, messages: &messages, max_tokens, temperature }.body();
            let said: Vec<Value> = messages.iter().map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                json!({ "role": role, "content": message.content })
            }).collect();
            let expected = json!({
                "model": model, "messages": said, "stream": true, "max_tokens": max_tokens,
                "temperature": f64::from(tenths) / 10.0,
            });
            prop_assert_eq!(serde_json::from_str::<Value>(&body).ok(), Some(expected), "{}", body);
        }

        #[test]
        fn whatever_the_caller_holds_the_headers_can_be_sent(key: String, session: String, origin: String) {
            for kind in [ApiKind::InferKit, ApiKind::OpenAi] {
                let key = format!("{}{key}", if kind == ApiKind::InferKit { "ik_pub_" } else { "" });
                let caller = Caller { kind, api_key: Some(&key), session: Some(&session), embed_origin: Some(&origin) };
                for (_, value) in headers(caller, Request::Completion) {
                    prop_assert!(!value.is_empty() && value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
                }
            }
        }
    }
}
