//! Sentences with something filled in: sizes, progress, a reference.

use super::{Word, Words, platform};
use crate::error::{Family, Reference};

impl Words {
    /// A number of bytes as a person says it: `98 MB`, `1.2 GB`, `640 kB`. Decimal units, as browsers and shops
    /// count; tenths only below ten and only from a million on, where they say something.
    #[must_use]
    pub fn size(&self, bytes: u64) -> String {
        // The limits are where rounding would reach the next unit: 999.5 kB is 1.0 MB.
        let (size, unit) = match bytes {
            0..999_500 => (1_000, "kilobyte"),
            999_500..999_500_000 => (1_000_000, "megabyte"),
            _ => (1_000_000_000, "gigabyte"),
        };
        let tenths = rounded(bytes, size / 10);
        let (number, decimals) = match tenths {
            0..100 if size > 1_000 => (tenths as f64 / 10.0, 1),
            _ => (rounded(bytes, size) as f64, 0),
        };
        // On one line with its unit.
        platform::quantity(self.text.tag, number, decimals, unit).replace(' ', "\u{a0}")
    }

    /// What agreeing to the download means, with its size where that is known; `stays`: and that what the visitor
    /// writes stays on the device.
    #[must_use]
    pub fn consent(&self, bytes: Option<u64>, stays: bool) -> String {
        let (sized, unsized_body) = match stays {
            true => (self.say(Word::ConsentBody), self.say(Word::ConsentBodyUnsized)),
            false => (self.say(Word::ConsentBodyEither), self.say(Word::ConsentBodyEitherUnsized)),
        };
        match bytes {
            Some(bytes) => fill(sized, &[("size", &self.size(bytes))]),
            None => unsized_body.to_owned(),
        }
    }

    /// A busy service is asked again in so many seconds.
    #[must_use]
    pub fn waiting(&self, seconds: u32) -> String {
        fill(self.say(Word::Waiting), &[("n", &platform::whole(self.text.tag, seconds))])
    }

    /// A busy service wants to be left alone until then.
    #[must_use]
    pub fn busy_until(&self, time: &str) -> String {
        fill(self.say(Word::BusyUntil), &[("time", time)])
    }

    /// How far the download is. Before the first byte, and when only the preparation is left, [`Word::Preparing`].
    #[must_use]
    pub fn progress(&self, done: u64, total: Option<u64>) -> String {
        match (done, total) {
            (0, _) => self.say(Word::Preparing).to_owned(),
            (_, Some(total)) if done >= total => self.say(Word::Preparing).to_owned(),
            (_, Some(total)) => {
                fill(self.say(Word::Loading), &[("done", &self.size(done)), ("total", &self.size(total))])
            }
            (_, None) => fill(self.say(Word::LoadingUnsized), &[("done", &self.size(done))]),
        }
    }

    /// A text is too long to be asked, by so many characters.
    #[must_use]
    pub fn too_long(&self, characters: u32) -> String {
        fill(self.say(Word::TooLongBy), &[("n", &platform::whole(self.text.tag, characters))])
    }

    /// What the visitor quotes to support.
    #[must_use]
    pub fn reference(&self, reference: &Reference) -> String {
        fill(self.say(Word::Reference), &[("reference", reference.as_str())])
    }

    /// The sentence for a family of failures; `seconds` until it is worth another try, where that is known.
    #[must_use]
    pub fn failure(&self, family: Family, seconds: Option<u32>) -> String {
        match (family, seconds) {
            (Family::Busy, Some(n)) => fill(self.say(Word::Busy), &[("n", &platform::whole(self.text.tag, n))]),
            _ => self.say(family.word()).to_owned(),
        }
    }
}

/// Replaces each `{name}` by its value. What is filled in is never looked at again, and a name that is not given
/// stays as it is.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after
            .split_once('}')
            .and_then(|(name, tail)| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value, tail)));
        match value {
            Some((value, tail)) => {
                out.push_str(value);
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `value / unit` to the nearest whole number.
fn rounded(value: u64, unit: u64) -> u64 {
    value / unit + u64::from(value % unit >= unit.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        error::{Code, Family},
        locale::{LANGUAGES, Text, text::EN},
    };

    static ENGLISH: Text = EN;

    fn english() -> Words {
        Words::from(&ENGLISH)
    }

    fn check_size(bytes: u64, expected: &str) {
        assert_eq!(english().size(bytes).replace('\u{a0}', " "), expected, "{bytes}");
    }

    #[test]
    fn sizes_as_people_say_them() {
        check_size(0, "0 kB");
        check_size(999, "1 kB");
        check_size(1_499, "1 kB");
        check_size(1_500, "2 kB");
        check_size(999_499, "999 kB");
        check_size(999_500, "1.0 MB");
        check_size(1_250_000, "1.3 MB");
        check_size(9_949_999, "9.9 MB");
        check_size(9_950_000, "10 MB");
        check_size(98_362_432, "98 MB");
        check_size(999_499_999, "999 MB");
        check_size(999_500_000, "1.0 GB");
        check_size(1_234_567_890, "1.2 GB");
        check_size(u64::MAX, "18446744074 GB");
    }

    #[test]
    fn progress_says_something_at_every_moment() {
        let plain = |done, total| english().progress(done, total).replace('\u{a0}', " ");
        assert_eq!(plain(0, None), (EN.say)(Word::Preparing));
        assert_eq!(plain(0, Some(98_362_432)), (EN.say)(Word::Preparing));
        assert_eq!(plain(12_000_000, Some(98_362_432)), "12 MB of 98 MB");
        assert_eq!(plain(12_000_000, None), "12 MB so far");
        assert_eq!(plain(98_362_432, Some(98_362_432)), (EN.say)(Word::Preparing));
        assert_eq!(plain(5, Some(0)), (EN.say)(Word::Preparing));
    }

    #[test]
    fn filling_in_touches_only_known_names() {
        assert_eq!(fill("a {x} b {y}", &[("x", "{y}"), ("y", "1")]), "a {y} b 1");
        assert_eq!(fill("{unknown} {", &[("x", "1")]), "{unknown} {");
        assert_eq!(fill("{{x}}", &[("x", "1")]), "{1}");
    }

    /// The names in braces of a pattern, sorted.
    fn names(pattern: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            pattern.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
        names.sort_unstable();
        names
    }

    /// Every string of a language with the names that it is given.
    fn strings(text: &Text) -> Vec<(&'static str, &'static [&'static str])> {
        Word::ALL.iter().map(|(word, _, takes)| ((text.say)(*word), *takes)).collect()
    }

    #[test]
    fn every_string_of_every_language_is_there_and_takes_what_it_is_given() {
        for text in LANGUAGES {
            for (string, given) in strings(text) {
                assert!(!string.trim().is_empty(), "an empty string in {}", text.tag);
                assert_eq!(names(string), given, "{}: {string:?}", text.tag);
            }
        }
    }

    #[test]
    fn no_visitor_reads_a_technical_word() {
        const TECHNICAL: &[&str] = &[
            "webgpu",
            "gpu",
            "wasm",
            "gguf",
            "model",
            "token",
            "api",
            "server",
            "http",
            "url",
            "key",
            "code",
            "engine",
            "inference",
            "cache",
            "turnstile",
            "cloudflare",
            "inferkit",
            "backend",
            "stack",
            "null",
            "undefined",
        ];
        for text in LANGUAGES {
            for (string, _) in strings(text) {
                let lower = string.to_lowercase();
                for word in lower.split(|c: char| !c.is_alphanumeric() && c != '_') {
                    assert!(!TECHNICAL.contains(&word), "{}: {word:?} in {string:?}", text.tag);
                }
                assert!(Code::ALL.iter().all(|code| !lower.contains(code.as_str())), "{}: {string:?}", text.tag);
            }
        }
    }

    #[test]
    fn every_family_has_its_own_sentence() {
        for text in LANGUAGES {
            let sentences: Vec<String> =
                Family::ALL.iter().map(|&family| Words::from(text).failure(family, None)).collect();
            for (index, sentence) in sentences.iter().enumerate() {
                assert!(sentences.iter().skip(index + 1).all(|other| other != sentence), "{}: {sentence}", text.tag);
                assert!(!sentence.contains(['{', '}']), "{}: {sentence}", text.tag);
            }
        }
        assert_eq!(english().failure(Family::Busy, Some(7)), "Lots of questions right now. Try again in 7\u{a0}s.");
    }
}
