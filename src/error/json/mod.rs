//! A strict reader of JSON that keeps nothing: it checks a text once and then walks it in place.
//!
//! The first-paint module reads a handful of fields out of a server's answers, and a full parser would cost it more
//! bytes than all that it reads. [`Value`] is a stretch of a text that was found to be JSON by RFC 8259; asking it for
//! a member scans that stretch. Checking and walking are loops, so a text that is nested a hundred thousand levels
//! deep costs memory in proportion to its length and no stack.
//!
//! Where RFC 8259 leaves a choice: the text is UTF-8 and begins with no byte order mark; of members with the same name
//! the last wins, as with `JSON.parse`, so that the developer's network panel agrees; half of a surrogate pair becomes
//! U+FFFD, because servers that cut a text into tokens do send such halves; a number may be as large as it likes.

#[cfg(test)]
mod tests;

/// Reads a text that is one JSON value.
///
/// None when it is anything else; why is nobody's business, for a parser's words never reach a message.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Value<'_>> {
    let text = str::from_utf8(text).ok()?;
    let mut checker = Checker { text: text.as_bytes(), at: 0 };
    checker.value()?;
    checker.space();
    (checker.at == text.len()).then(|| Value(text.trim_matches(SPACE)))
}

/// A value inside a text that [`parse`] has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    /// The last member of this name, if this is an object that has one.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        self.members()?.filter(|(key, _)| key == name).last().map(|(_, value)| value)
    }

    /// The members' names and values in order, if this is an object.
    #[must_use]
    pub fn members(self) -> Option<impl Iterator<Item = (String, Self)>> {
        let mut rest = self.0.strip_prefix('{')?;
        Some(std::iter::from_fn(move || {
            let (name, after) = element(rest)?;
            let (value, after) = element(after)?;
            rest = after;
            Some((name.string()?, value))
        }))
    }

    /// The elements in order, if this is an array.
    #[must_use]
    pub fn elements(self) -> Option<impl Iterator<Item = Self>> {
        let mut rest = self.0.strip_prefix('[')?;
        Some(std::iter::from_fn(move || {
            let (value, after) = element(rest)?;
            rest = after;
            Some(value)
        }))
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn string(self) -> Option<String> {
        let escaped = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(unescape(escaped))
    }

    /// The number, if this is one that is written in digits alone and fits.
    #[must_use]
    pub fn integer(self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// Whether this is `true` or `false`, if it is either.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// Whether this is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }
}

/// The white space of JSON, which is less than that of Unicode.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The first value of what stands inside an object or array that was checked, and what follows it. A member's name
/// counts as a value here: commas and colons are skipped alike. None at the end.
fn element(inside: &str) -> Option<(Value<'_>, &str)> {
    let text = inside.trim_start_matches([' ', '\t', '\n', '\r', ',', ':']);
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ if depth > 0 => at += 1,
            _ => at += bytes.get(at..)?.iter().position(|byte| b",]} \t\n\r".contains(byte))?,
        }
        if depth == 0 {
            return Some((Value(text.get(..at)?), text.get(at..)?));
        }
    }
}

/// Where the string that begins at `at` has ended, in a text that was checked.
fn string_end(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match text.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// What a string of a text that was checked says.
fn unescape(escaped: &str) -> String {
    let mut out = String::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((plain, after)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut characters = after.chars();
        let character = match characters.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (character, after) = unicode(characters.as_str());
                characters = after.chars();
                character
            }
            Some(itself) => itself,
            None => char::REPLACEMENT_CHARACTER,
        };
        out.push(character);
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// The character of a `\u` whose digits begin here, together with the second half of a pair, and what follows.
fn unicode(digits: &str) -> (char, &str) {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let after = digits.get(4..).unwrap_or_default();
    let Some(first) = unit(digits) else { return (char::REPLACEMENT_CHARACTER, after) };
    if let (0xd800..0xdc00, Some(pair)) = (first, after.strip_prefix("\\u"))
        && let Some(second @ 0xdc00..0xe000) = unit(pair)
        && let Some(character) = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    {
        return (character, pair.get(4..).unwrap_or_default());
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), after)
}

/// Goes through a text once and finds out whether it is JSON. Every step is None where it is not.
struct Checker<'a> {
    text: &'a [u8],
    at: usize,
}

impl Checker<'_> {
    /// One value with all that it holds.
    fn value(&mut self) -> Option<()> {
        // What closes each object or array that is open.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.next()? {
                bracket @ (b'{' | b'[') => {
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    self.space();
                    if self.peek()? != close {
                        open.push(close);
                        self.name(close)?;
                        continue;
                    }
                    self.at += 1;
                }
                b'"' => self.string()?,
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                first @ (b'-' | b'0'..=b'9') => self.number(first)?,
                _ => return None,
            }
            // A value has ended, and with it perhaps some of those around it.
            loop {
                let Some(&close) = open.last() else { return Some(()) };
                self.space();
                match self.next()? {
                    b',' => {
                        self.name(close)?;
                        break;
                    }
                    byte if byte == close => open.pop(),
                    _ => return None,
                };
            }
        }
    }

    /// Before each value of an object, its name and a colon; nothing in an array.
    fn name(&mut self, close: u8) -> Option<()> {
        if close == b']' {
            return Some(());
        }
        self.space();
        self.expect(b'"')?;
        self.string()?;
        self.space();
        self.expect(b':')
    }

    /// The rest of a string after its first quote.
    fn string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            self.next().filter(u8::is_ascii_hexdigit)?;
                        }
                    }
                    _ => return None,
                },
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    /// The rest of a number after its first character.
    fn number(&mut self, first: u8) -> Option<()> {
        let digit = if first == b'-' { self.next()? } else { first };
        match digit {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Some(())
    }

    fn some_digits(&mut self) -> Option<()> {
        self.next().filter(u8::is_ascii_digit)?;
        self.digits();
        Some(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        rest.iter().try_for_each(|&byte| self.expect(byte))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}
