//! From whatever a server answered, or did not, to the one object.
//!
//! [`normalize`] is total: a proxy's HTML page, half of a body, JSON of any other shape and pure noise all become a
//! [`Failure`] with a code, a message that may be shown to a developer, and a reference. Nothing of a body gets there
//! but the three fields of the wire's form, `{"error":{"code","message","request_id"}}`, and each of them only in a
//! harmless shape.

use super::{Code, Failure, Reference, json};

/// The most bytes of a body that are looked at; its reader may stop there. A longer one is no error of ours.
pub const MOST_BODY_BYTES: usize = 64 * 1024;

/// The most characters of a server's message that are kept.
const MOST_MESSAGE_CHARACTERS: usize = 300;

/// How far the server's answer had come when it turned out to be a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// No headers: the request ended without an answer. Status, headers and body mean nothing.
    Unreached,
    /// No headers in time. Status, headers and body mean nothing.
    TimedOut,
    /// Headers came, and with them an answer that is no stream: an error's status, or a 2xx with another body. The
    /// body is as much of it as could be read.
    Answer,
    /// An event inside a stream that had begun well says `error`. The body is the event's data.
    Stream,
}

/// Makes a failure of what came back.
///
/// `header` looks a response header up by name, in any case; `mint` makes a number of ours and is called at most once,
/// when the server gave no id that can be shown. The id of the body or event comes before `X-Request-Id`.
///
/// A code has the form `[a-z][a-z0-9_]{1,63}`; anything else is none, and then the status chooses. Inside a stream the
/// status is long gone: then it is that of the code, or `error.code` itself where that is a number, as with several
/// OpenAI-compatible servers, and otherwise what failed in the middle of answering counts as the server's fault, 500.
#[must_use]
pub fn normalize(
    status: u16,
    header: impl Fn(&str) -> Option<String>,
    body: &[u8],
    phase: Arrival,
    mint: impl FnOnce() -> Reference,
) -> Failure {
    match phase {
        Arrival::Unreached => return Failure::client(Code::NetworkError, UNREACHED, mint()),
        Arrival::TimedOut => return Failure::client(Code::Timeout, TIMED_OUT, mint()),
        Arrival::Answer | Arrival::Stream => {}
    }
    let said = Fields::read(body);
    let known: Option<Code> = said.code.as_deref().and_then(|code| code.parse().ok());
    let of_code = known.and_then(Code::status);
    let status = match phase {
        Arrival::Stream => of_code.or(said.status).unwrap_or(500),
        _ => status,
    };
    // The server's words count only where both statuses call the request wrong: those of a 5xx are generic.
    let of_code = of_code.unwrap_or(status);
    let specific = status < 500 && (400..500).contains(&of_code);
    let message = said.message.filter(|_| specific).unwrap_or_else(|| general(of_code).to_owned());
    let request_id = said.request_id.or_else(|| header("X-Request-Id").filter(|id| showable(id)));
    Failure::server(status, said.code.as_deref(), message, request_id.as_deref(), mint)
}

/// A failure of the client's own kind after the headers had come: a stream that stalls, breaks off or can't be read.
/// It keeps the server's id, by which our log knows the request.
#[must_use]
pub fn after_headers(
    code: Code,
    message: impl Into<String>,
    request_id: Option<&str>,
    mint: impl FnOnce() -> Reference,
) -> Failure {
    let Some(reference) = request_id.and_then(Reference::from_request_id) else {
        return Failure::client(code, message, mint());
    };
    let mut failure = Failure::client(code, message, reference.clone());
    failure.request_id = Some(reference.to_string());
    failure
}

const UNREACHED: &str = "no answer: the network is down, the address is wrong, or CORS kept the answer from the page";

const TIMED_OUT: &str = "the server did not begin to answer in time";

/// What is said of a status when the server's own words are missing, may not be shown, or are none of the visitor's
/// site's business.
fn general(status: u16) -> &'static str {
    match status {
        401 => "The server did not accept the credentials.",
        402 => "The plan does not cover this request.",
        403 => "The server refused the request.",
        404 => "The server has nothing at this address.",
        408 => "The server gave up waiting for the request.",
        409 => "The request is in conflict with what the server has.",
        429 => "Too many requests.",
        400..500 => "The server could not use the request.",
        502..=504 => "The service is unavailable.",
        500..600 => "Internal error.",
        _ => "The server's answer can't be read.",
    }
}

/// The wire's form, as far as it is there and in shape.
#[derive(Default)]
struct Fields {
    code: Option<String>,
    /// A number in the place of a code that can be the status of an error.
    status: Option<u16>,
    message: Option<String>,
    request_id: Option<String>,
}

impl Fields {
    fn read(body: &[u8]) -> Self {
        // What `fetch` itself would skip when asked for the text of a body.
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let error = (body.len() <= MOST_BODY_BYTES).then(|| json::parse(body)?.get("error")).flatten();
        let Some(error) = error else { return Self::default() };
        // Some servers that call themselves compatible send their words without an object around them.
        if let Some(message) = error.string() {
            return Self { message: safe(&message), ..Self::default() };
        }
        let text = |name| error.get(name)?.string();
        Self {
            code: text("code").filter(|code| is_code(code)),
            status: error.get("code").and_then(|code| code.integer()).and_then(error_status),
            message: text("message").and_then(|message| safe(&message)),
            request_id: text("request_id").filter(|id| showable(id)),
        }
    }
}

fn error_status(number: u64) -> Option<u16> {
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

/// `[a-z][a-z0-9_]{1,63}`.
fn is_code(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (2..=64).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(rest)
}

fn showable(id: &str) -> bool {
    Reference::from_request_id(id).is_some()
}

/// A server's words as one line that may be shown and logged; None when there are none.
///
/// Markup makes the whole of it worthless: it is some proxy's page. A stack is cut off where it begins. Characters
/// that control a terminal or the direction of a line are dropped, keys are masked, and the rest has an end.
fn safe(message: &str) -> Option<String> {
    if has_markup(message) {
        return None;
    }
    let mut line = String::new();
    let parts = message.lines().map(str::trim).enumerate();
    for (_, part) in parts.take_while(|(number, part)| !is_of_stack(*number, part)) {
        for word in part.split(|c: char| c.is_whitespace() || c.is_control()) {
            let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
            if !line.is_empty() && !word.is_empty() {
                line.push(' ');
            }
            mask_keys(&word, &mut line);
        }
    }
    let mut characters = line.char_indices();
    if let Some((end, _)) = characters.nth(MOST_MESSAGE_CHARACTERS) {
        // The ellipsis takes the place of one more.
        let end = line.get(..end).and_then(|kept| kept.char_indices().next_back()).map_or(end, |(last, _)| last);
        line.truncate(end);
        line.push('…');
    }
    (!line.is_empty()).then_some(line)
}

/// Whether a tag, a comment or a declaration begins somewhere, as the HTML standard's tokenizer sees it ("tag open
/// state").
fn has_markup(text: &str) -> bool {
    let opens = |pair: &[u8]| matches!(pair, [b'<', b'!' | b'/' | b'?' | b'a'..=b'z' | b'A'..=b'Z']);
    text.as_bytes().windows(2).any(opens)
}

/// Whether a line begins a stack in JavaScript's, Java's, Python's, Go's or Rust's form.
fn is_of_stack(number: usize, line: &str) -> bool {
    // A sentence may begin with "At" as well, but hardly in lower case on a later line.
    ["Traceback (", "File \"", "goroutine ", "stack backtrace:"].iter().any(|start| line.starts_with(start))
        || (number > 0 && line.starts_with("at "))
}

/// Draws nothing, but changes how its neighbours look.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Appends a word; of what looks like a key only how it begins.
fn mask_keys(word: &str, line: &mut String) {
    let of_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut rest = word;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !of_key(c)).unwrap_or(rest.len()));
        match ["ik_", "sk-", "sk_"].iter().find(|start| run.starts_with(**start) && run.len() > 8) {
            Some(start) => {
                line.push_str(start);
                line.push('…');
            }
            None => line.push_str(run),
        }
        let (between, next) = after.split_at(after.find(of_key).unwrap_or(after.len()));
        line.push_str(between);
        rest = next;
    }
}
