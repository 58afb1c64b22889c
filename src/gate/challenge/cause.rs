//! What a failed challenge means: a code of ours, and words for the developer about Turnstile's own.

use crate::error::Code;

/// Turnstile's code for a browser that it does not support; `unsupported-callback` comes without one.
pub(super) const UNSUPPORTED: &str = "110500";

/// Turnstile's codes by how they begin, the longer first, and what the site's developer can do.
///
/// Its documentation lists the families; that a bad site key may come as 400020 is known from the field.
const FAMILIES: &[(&str, Code, &str)] = &[
    ("110100", Code::ChallengeUnavailable, SITE_KEY),
    ("110110", Code::ChallengeUnavailable, SITE_KEY),
    ("400020", Code::ChallengeUnavailable, SITE_KEY),
    ("3588", Code::ChallengeUnavailable, SITE_KEY),
    ("3589", Code::ChallengeUnavailable, SITE_KEY),
    (
        "110200",
        Code::ChallengeUnavailable,
        "the challenge page's hostname is not allowed for the site key: add it there",
    ),
    ("11042", Code::ChallengeUnavailable, "the action was refused"),
    ("11043", Code::ChallengeUnavailable, "the cData was refused"),
    ("11050", Code::ChallengeUnavailable, "the browser is not supported"),
    ("11051", Code::ChallengeUnavailable, "the browser hides what it is, perhaps by an extension"),
    ("1106", Code::ChallengeTimeout, LATE),
    ("2000", Code::ChallengeUnavailable, "the browser's cache holds an old challenge"),
    ("2001", Code::ChallengeUnavailable, "the device's clock is wrong"),
    ("2005", Code::ChallengeUnavailable, "its frame was blocked: allow challenges.cloudflare.com in frame-src"),
    ("300", Code::ChallengeFailed, BOT),
    ("600", Code::ChallengeFailed, BOT),
];

const SITE_KEY: &str = "the site key is invalid: check turnstile.site_key of the configuration";
const LATE: &str = "it was not solved in time";
const BOT: &str = "the visitor's browser looked automated";

/// `error-callback`.
pub(super) fn error(turnstile: &str) -> (Code, String) {
    described(turnstile, "see its client-side error codes")
}

/// An exception. Its code is of another series than the callback's, and mostly says what the words do.
pub(super) fn threw(turnstile: &str, words: &str) -> (Code, String) {
    described(turnstile, words)
}

fn described(turnstile: &str, words: &str) -> (Code, String) {
    let family = FAMILIES.iter().find(|(start, ..)| turnstile.starts_with(start));
    let (code, advice) = family.map_or((Code::ChallengeUnavailable, words), |&(_, code, advice)| (code, advice));
    // What a frame says is quoted, so it is kept short and plain.
    let number: String = turnstile.chars().filter(char::is_ascii_digit).take(8).collect();
    let words: String = advice.chars().take(200).collect();
    (code, ["Turnstile error", if number.is_empty() { "" } else { " " }, &number, ": ", &words].concat())
}

/// The frame, or the script in it, did not come.
pub(super) fn absent(words: &str) -> (Code, String) {
    let message = ["Turnstile did not load: ", words, "; an ad blocker, or a frame-src policy"].concat();
    (Code::ChallengeUnavailable, message)
}

/// The script fell silent, or the visitor did nothing.
pub(super) fn late(interactive: bool) -> (Code, String) {
    let message = if interactive { "the visitor did not solve the challenge in time" } else { "Turnstile fell silent" };
    (Code::ChallengeTimeout, message.into())
}

/// The token grew too old on the way.
pub(super) fn stale() -> (Code, String) {
    (Code::ChallengeTimeout, "the challenge's token was too old to be used".into())
}
