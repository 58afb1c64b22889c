//! serde_json, for native tests, tools and the gateway.

use serde_json::Value as Tree;

/// Reads a text that is one JSON value. None when it is anything else: a parser's words never reach a message.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Value> {
    serde_json::from_str(&whole_pairs(str::from_utf8(text).ok()?)).ok().map(Value)
}

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Value(Tree);

impl Value {
    /// The member of this name, if this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        self.0.as_object()?.get(name).cloned().map(Self)
    }

    /// The members' names and values, if this is an object.
    #[must_use]
    pub fn members(&self) -> Option<Vec<(String, Self)>> {
        Some(self.0.as_object()?.iter().map(|(name, value)| (name.clone(), Self(value.clone()))).collect())
    }

    /// The elements in order, if this is an array.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<Self>> {
        Some(self.0.as_array()?.iter().cloned().map(Self).collect())
    }

    /// The text, if this is a string.
    #[must_use]
    pub fn string(&self) -> Option<String> {
        self.0.as_str().map(String::from)
    }

    /// The number, if this is one that counts something.
    #[must_use]
    pub fn integer(&self) -> Option<u64> {
        self.0.as_f64().and_then(super::count)
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// Whether this is `true` or `false`, if it is either.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.0.as_bool()
    }

    /// Whether this is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.is_object()
    }
}

/// The text with each half of a surrogate pair that stands alone as U+FFFD: serde_json refuses them, browsers do not.
fn whole_pairs(text: &str) -> String {
    let unit = |escape: &str| {
        let digits =
            escape.strip_prefix("\\u")?.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match unit(escape) {
            Some(0xd800..0xdc00) if matches!(escape.get(6..).and_then(unit), Some(0xdc00..0xe000)) => 12,
            Some(0xd800..0xe000) => {
                out.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            Some(_) => 6,
            // Another escape, of one character; what is none is for the parser to refuse.
            None => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        let (escape, after) = escape.split_at(length);
        out.push_str(escape);
        rest = after;
    }
    out + rest
}
