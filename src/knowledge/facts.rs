//! What of a sentence can be wrong by itself: its numbers, its names, its addresses, and whether it denies.

use super::{
    few::WordSet,
    lower::lower,
    question::Speech,
    words::{Kind, Word, words},
};

/// Words that are numbers, in the languages whose function words have them, with the number.
const NUMBER_WORDS: [(&str, u32); 40] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("hundred", 100),
    ("thousand", 1_000),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("zwanzig", 20),
    ("dreißig", 30),
    ("vierzig", 40),
    ("fünfzig", 50),
    ("sechzig", 60),
    ("hundert", 100),
    ("tausend", 1_000),
];

/// Words that deny.
const DENIALS: [&str; 32] = [
    "not", "no", "never", "none", "nobody", "nothing", "nor", "neither", "without", "cannot", "cant", "dont", "doesnt",
    "isnt", "arent", "wont", "didnt", "wasnt", "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie",
    "niemals", "nichts", "ohne", "ne", "pas", "jamais",
];

/// Whether a sentence denies something.
pub(super) fn denies(sentence: &str) -> bool {
    words(sentence).iter().any(|word| DENIALS.contains(&word.text.as_str()))
}

/// A text's facts.
pub(super) struct Facts {
    /// In small letters.
    text: String,
    words: WordSet,
    numbers: Vec<Number>,
    /// Numbers that are words.
    spelled: Vec<(String, u32)>,
    /// Words that mix digits and letters, and what is a digit elsewhere in the world.
    codes: Vec<String>,
    names: Vec<Word>,
    addresses: Vec<String>,
    /// Nouns have capital letters.
    capital: bool,
}

/// A number as it is written, and what stands behind it.
struct Number {
    written: String,
    /// Its value, where separators of thousands and decimals are told apart: "4,50" and "4.5" are one.
    value: String,
    /// "pm" follows.
    afternoon: bool,
    /// The word behind it: what is counted.
    counted: Option<String>,
}

impl Facts {
    pub fn of(text: &str, speech: &Speech) -> Self {
        let all = words(text);
        let mut names = Vec::new();
        let mut codes = Vec::new();
        let mut spelled = Vec::new();
        for word in all.iter().filter(|word| word.kind == Kind::Plain) {
            let written = text.get(word.start..word.end).unwrap_or_default();
            if written.chars().next().is_some_and(char::is_uppercase) {
                names.push(word.clone());
            }
            if is_code(&word.text) {
                codes.push(word.text.clone());
            }
            if let Some((_, value)) = NUMBER_WORDS.iter().find(|(known, _)| *known == word.text) {
                spelled.push((word.text.clone(), *value));
            }
        }
        Self {
            text: lower(text),
            numbers: numbers(text),
            spelled,
            codes,
            names,
            addresses: addresses(text),
            capital: speech.writes_nouns_large(&all),
            words: WordSet::of(all.into_iter().map(|word| word.text).collect()),
        }
    }

    /// Whether there is nothing to be wrong.
    pub fn is_empty(&self, speech: &Speech) -> bool {
        let says = |name: &&Word| !speech.is_function_word(&name.text) && !is_self(&name.text);
        !self.counts() && !self.names.iter().skip(1).any(|name| says(&name))
    }

    /// Whether there are numbers, codes or addresses among them.
    pub fn counts(&self) -> bool {
        let all = [self.numbers.is_empty(), self.spelled.is_empty(), self.codes.is_empty(), self.addresses.is_empty()];
        all.contains(&false)
    }

    /// Whether all of them stand in a passage that has these facts and terms.
    pub fn stand_in(&self, passage: &Self, terms: &WordSet, speech: &Speech) -> bool {
        let has = |word: &str| {
            passage.words.contains(word) || speech.terms(word.to_owned()).iter().any(|term| terms.contains(term))
        };
        // Where nouns have capital letters, names are not to be told from them: they count as what a sentence is about.
        let named = passage.capital
            || self
                .names
                .iter()
                .all(|name| speech.is_function_word(&name.text) || is_self(&name.text) || has(&name.text));
        named
            && self.numbers.iter().all(|number| number.stands_in(passage))
            && self
                .numbers
                .iter()
                .filter_map(|number| number.counted.as_ref())
                .all(|counted| speech.is_function_word(counted) || has(counted))
            && self.codes.iter().all(|code| passage.words.contains(code))
            && self.spelled.iter().all(|(word, value)| {
                let written = value.to_string();
                passage.words.contains(word) || passage.numbers.iter().any(|number| number.value == written)
            })
            && self.addresses.iter().all(|address| passage.addresses.contains(address))
    }
}

/// "I'm", "I'll": a capital letter that names nobody. And what an answer begins with.
fn is_self(word: &str) -> bool {
    ["i", "im", "ill", "ive", "id", "yes", "no", "sorry", "ja", "nein", "oui", "non"].contains(&word)
}

/// Whether a word mixes letters with digits, as a code does and "10am" or "250g" does not, or has digits that are not
/// ASCII's.
fn is_code(word: &str) -> bool {
    let foreign = word.chars().any(|c| c.is_numeric() && !c.is_ascii_digit());
    let digits = word.bytes().any(|byte| byte.is_ascii_digit());
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit());
    foreign || digits && unit.chars().count() > 2 || digits && unit.bytes().any(|byte| byte.is_ascii_digit())
}

impl Number {
    fn stands_in(&self, passage: &Facts) -> bool {
        if self.afternoon {
            let said =
                [" pm", "pm", " p.m"].iter().any(|half| passage.text.contains(&[self.written.as_str(), half].concat()));
            return said || passage.numbers.iter().any(|known| known.is_later_by_half_a_day(self));
        }
        passage.numbers.iter().any(|known| known.value == self.value)
    }

    /// Whether this is what the other is in the afternoon: 16:30 for 4:30.
    fn is_later_by_half_a_day(&self, other: &Self) -> bool {
        let Some((hour, minutes)) = clock(&self.written) else { return false };
        let (early, past) = clock(&other.written).unwrap_or((other.written.parse().unwrap_or(u8::MAX), 0));
        early.checked_add(12) == Some(hour) && past == minutes
    }
}

/// Hours and minutes of "16:30" or "16.30".
fn clock(written: &str) -> Option<(u8, u8)> {
    let (hour, minutes) = written.split_once([':', '.'])?;
    (minutes.len() == 2).then_some(())?;
    Some((hour.parse().ok()?, minutes.parse().ok()?))
}

/// The numbers of a text: digits, with what parts them.
fn numbers(text: &str) -> Vec<Number> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':');
    let mut numbers = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let from = &rest[start..];
        let length = from.find(|c| !is_part(c)).unwrap_or(from.len());
        let written = from[..length].trim_end_matches(['.', ',', ':']).to_owned();
        let behind = &from[length..];
        let next = behind.trim_start_matches([' ', '\u{a0}', '-', '*']);
        let near = behind.len() - next.len() <= 2;
        let word: String = next.chars().take_while(|c| c.is_alphabetic()).collect();
        let word = lower(&word);
        let afternoon =
            near && (word == "pm" || next.as_bytes().get(..3).is_some_and(|half| half.eq_ignore_ascii_case(b"p.m")));
        let is_clock = ["am", "pm", "a", "p", "uhr", "h"].contains(&word.as_str());
        let counted =
            Some(word).filter(|word| near && length == written.len() && !is_clock && word.chars().count() > 2);
        numbers.push(Number { value: value(&written), written, afternoon, counted });
        rest = behind;
    }
    numbers
}

/// A number without separators of thousands, with a point before decimals, and without either's zeros: "4,50" is "4.5",
/// "1.000" is "1000", "10:00" is "10".
fn value(written: &str) -> String {
    let mut value = String::new();
    let mut parts = written.split_inclusive(['.', ',', ':']).peekable();
    while let Some(part) = parts.next() {
        let digits = part.trim_end_matches(['.', ',', ':']);
        value.push_str(digits);
        let Some(mark) = part.chars().last().filter(|mark| !mark.is_ascii_digit()) else { continue };
        let after = parts.peek().map_or(0, |next| next.trim_end_matches(['.', ',', ':']).len());
        match mark {
            ':' => value.push(':'),
            _ if after == 3 => {}
            _ => value.push('.'),
        }
    }
    let value = match value.split_once([':', '.']) {
        Some((whole, part)) if part.bytes().all(|byte| byte == b'0') => whole.to_owned(),
        Some((_, part)) if !value.contains(':') && !part.contains('.') => value.trim_end_matches('0').to_owned(),
        _ => value,
    };
    let bare = value.trim_start_matches('0');
    if bare.starts_with(|c: char| c.is_ascii_digit()) { bare.to_owned() } else { ["0", bare].concat() }
}

/// Addresses of pages and of mail, in small letters, without what stands around them.
fn addresses(text: &str) -> Vec<String> {
    const AROUND: [char; 22] =
        ['(', ')', '<', '>', '[', ']', '"', '\'', '`', '*', '_', '„', '“', '”', '‚', '‘', '’', '«', '»', '|', '{', '}'];
    let parts = text.split(|c: char| c.is_whitespace() || AROUND.contains(&c));
    let bare = |part: &str| {
        let part = lower(part.trim_end_matches(['.', ',', '!', '?', ';', ':', '/']));
        ["mailto:", "tel:"].iter().find_map(|scheme| part.strip_prefix(scheme)).unwrap_or(&part).to_owned()
    };
    parts.map(bare).filter(|part| is_address(part)).collect()
}

fn is_address(part: &str) -> bool {
    let host = part.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let has_domain = host.rsplit_once('.').is_some_and(|(before, top)| {
        !before.is_empty() && top.len() > 1 && top.chars().all(char::is_alphabetic) && !before.ends_with('.')
    });
    let abbreviation = host.len() <= 4 && host.split('.').all(|label| label.chars().count() <= 1);
    part.contains("://") || part.contains('@') || has_domain && !abbreviation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_same_in_several_spellings() {
        let check = |written: &str, expected: &str| assert_eq!(value(written), expected, "{written}");
        check("4,50", "4.5");
        check("4.5", "4.5");
        check("45,00", "45");
        check("1.000", "1000");
        check("1,000.00", "1000");
        check("10:00", "10");
        check("08:30", "8:30");
        check("16", "16");
        check("100", "100");
        check("0", "0");
        check("0,5", "0.5");
    }

    #[test]
    fn addresses_are_found_in_whatever_stands_around_them() {
        let check = |text: &str, expected: &[&str]| assert_eq!(addresses(text), expected, "{text}");
        check("Write to **post@halden.example**.", &["post@halden.example"]);
        check("See (https://x.example/a), or t.me/x!", &["https://x.example/a", "t.me/x"]);
        check("[mail](mailto:a@b.example) shop24.de?x", &["a@b.example", "shop24.de?x"]);
        check("e.g. at 10.30 p.m. for 4.50", &[]);
        check("End.Next", &["end.next"]);
    }

    #[test]
    fn a_code_is_no_quantity() {
        assert_eq!(
            ["10am", "250g", "halden20", "wt32", "１００", "14", "a"].map(is_code),
            [false, false, true, true, true, false, false]
        );
    }
}
