//! The vocabulary: what each token's bytes are, and which tokens text may become.
//!
//! GPT-2's vocabularies write a token's bytes as printable characters, one each (`Ġ` is a space): [`ByteAlphabet`].
//! Tokens that stand for something else are written as they are: control tokens, which no text may become, and
//! user-defined ones, which are found in text before anything else is done with it.

use crate::engine::{
    error::EngineError,
    gguf::{Metadata, StringArray},
};
use std::collections::HashMap;

/// Most tokens. The largest vocabularies in use have 262,144.
const MAX_TOKENS: usize = 1 << 20;

/// Tokens that are control tokens whatever type the file gives them: were they ordinary or user-defined, a visitor
/// could write them. llama.cpp overrides the types of these too.
const ALWAYS_CONTROL: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|begin_of_text|>",
    "<|end_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
];

/// What a token is for; the numbers are those of `tokenizer.ggml.token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 1: bytes of text.
    Normal,
    /// 3: structure. Written by a template only, and never shown.
    Control,
    /// 4: text that is one token wherever it appears.
    UserDefined,
    /// 2, 5 and 6: unknown, unused, and the fallback bytes of other tokenizers. Stands for no text.
    Silent,
}

impl Kind {
    fn from_id(id: i32) -> Option<Self> {
        Some(match id {
            1 => Self::Normal,
            3 => Self::Control,
            4 => Self::UserDefined,
            2 | 5 | 6 => Self::Silent,
            _ => return None,
        })
    }
}

/// Tokens by number, packed end to end.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    bytes: Vec<u8>,
    /// (tokens) where each token's bytes end.
    ends: Vec<u32>,
    /// Control tokens by name, ascending.
    controls: Vec<(String, u32)>,
    /// User-defined tokens, longest first and then ascending.
    user_defined: Vec<(String, u32)>,
}

impl Vocabulary {
    /// Reads `tokenizer.ggml.tokens` and `tokenizer.ggml.token_type`.
    ///
    /// Beside the vocabulary, the tokens that bytes can become, ascending: no control token is among them.
    pub fn read(metadata: &Metadata) -> Result<(Self, Vec<u32>), EngineError> {
        let tokens = metadata.strings("tokenizer.ggml.tokens").filter(|tokens| !tokens.is_empty());
        let tokens = tokens.ok_or_else(|| unsupported("the file has no vocabulary (tokenizer.ggml.tokens)"))?;
        if tokens.len() > MAX_TOKENS {
            return Err(unsupported(format!("the vocabulary has {} tokens, more than {MAX_TOKENS}", tokens.len())));
        }
        let kinds = kinds(metadata, tokens)?;
        let alphabet = ByteAlphabet::new();
        let mut vocabulary = Self::default();
        let mut mergeable = Vec::with_capacity(tokens.len());
        for ((id, text), kind) in (0..).zip(tokens.iter()).zip(kinds) {
            if vocabulary.add(id, text, kind, &alphabet) {
                mergeable.push(id);
            }
        }
        vocabulary.controls.sort();
        vocabulary.user_defined.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
        Ok((vocabulary, mergeable))
    }

    /// Whether bytes can become the token is returned.
    fn add(&mut self, id: u32, text: &[u8], kind: Kind, alphabet: &ByteAlphabet) -> bool {
        let decoded = alphabet.decode(text);
        let name = std::str::from_utf8(text).ok().filter(|name| !name.is_empty());
        match kind {
            // A text with a character that is not in the alphabet is no byte-level token, and taken as it is.
            Kind::Normal => self.bytes.extend(decoded.as_deref().unwrap_or(text)),
            Kind::UserDefined => {
                self.bytes.extend(text);
                self.user_defined.extend(name.map(|name| (name.to_owned(), id)));
            }
            Kind::Control => self.controls.extend(name.map(|name| (name.to_owned(), id))),
            Kind::Silent => {}
        }
        // The header that holds all texts is shorter than 4 GiB, and bytes are no longer than their text.
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        match kind {
            Kind::Normal => decoded.is_some(),
            // Only where both readings of its text are the same bytes.
            Kind::UserDefined => decoded.as_deref() == Some(text),
            Kind::Control | Kind::Silent => false,
        }
    }

    /// How many tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text that a token stands for; none for a control token, or where there is no such token.
    #[must_use]
    pub fn bytes(&self, id: u32) -> &[u8] {
        let Some(end) = self.ends.get(id as usize) else {
            return &[];
        };
        let start = (id as usize).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start as usize..*end as usize).unwrap_or_default()
    }

    /// The control token of this name.
    #[must_use]
    pub fn control(&self, name: &str) -> Option<u32> {
        let at = self.controls.partition_point(|(known, _)| known.as_str() < name);
        self.controls.get(at).filter(|(known, _)| known == name).map(|(_, id)| *id)
    }

    /// Cuts a text at its user-defined tokens: calls `part` with each stretch, and the token that it is, if any.
    ///
    /// A longer token goes before a shorter one wherever they stand, as in llama.cpp; equally long ones from the left.
    pub fn cut<'text>(&self, text: &'text str, mut part: impl FnMut(&'text str, Option<u32>)) {
        let mut parts = vec![(text, None)];
        for same_length in self.user_defined.chunk_by(|(a, _), (b, _)| a.len() == b.len()) {
            parts = parts
                .into_iter()
                .flat_map(|(text, token)| match token {
                    None => cut_once(text, same_length),
                    Some(_) => vec![(text, token)],
                })
                .collect();
        }
        for (text, token) in parts.into_iter().filter(|(text, _)| !text.is_empty()) {
            part(text, token);
        }
    }
}

/// Cuts a text at tokens of one length, which are in ascending order.
fn cut_once<'text>(text: &'text str, tokens: &[(String, u32)]) -> Vec<(&'text str, Option<u32>)> {
    let length = tokens.first().map_or(usize::MAX, |(token, _)| token.len());
    let mut parts = Vec::new();
    let (mut start, mut at) = (0_usize, 0_usize);
    while let Some(end) = at.checked_add(length).filter(|end| *end <= text.len()) {
        let found = text.get(at..end).and_then(|window| {
            let found = tokens.partition_point(|(token, _)| token.as_str() < window);
            tokens.get(found).filter(|(token, _)| token == window)
        });
        let Some((_, id)) = found else {
            at += 1;
            continue;
        };
        parts.push((&text[start..at], None));
        parts.push((&text[at..end], Some(*id)));
        (start, at) = (end, end);
    }
    parts.push((&text[start..], None));
    parts
}

/// Finds tokens by their bytes while a tokenizer is built. Of tokens with the same bytes, the first counts.
pub struct Index<'vocabulary>(HashMap<&'vocabulary [u8], u32>);

impl<'vocabulary> Index<'vocabulary> {
    /// The index of these tokens.
    #[must_use]
    pub fn new(vocabulary: &'vocabulary Vocabulary, tokens: &[u32]) -> Self {
        let mut index = HashMap::with_capacity(tokens.len());
        for id in tokens {
            index.entry(vocabulary.bytes(*id)).or_insert(*id);
        }
        Self(index)
    }

    /// The token of these bytes; no token has none.
    #[must_use]
    pub fn find(&self, bytes: &[u8]) -> Option<u32> {
        self.0.get(bytes).copied().filter(|_| !bytes.is_empty())
    }
}

/// The characters that stand for bytes in a vocabulary.
///
/// GPT-2's rule: the printable bytes `!`–`~`, `¡`–`¬` and `®`–`ÿ` stand for themselves; the other 68 are, in order, the
/// characters from U+0100.
pub struct ByteAlphabet {
    /// (U+0144) the byte of each character.
    bytes: [Option<u8>; 0x144],
}

impl ByteAlphabet {
    /// The alphabet.
    #[must_use]
    pub fn new() -> Self {
        let mut bytes = [None; 0x144];
        let mut next = 0x100;
        for byte in 0..=u8::MAX {
            let printable = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
            let character = if printable { usize::from(byte) } else { next };
            next += usize::from(!printable);
            if let Some(slot) = bytes.get_mut(character) {
                *slot = Some(byte);
            }
        }
        Self { bytes }
    }

    /// The bytes that a vocabulary's text stands for, unless it has a character that stands for none.
    #[must_use]
    pub fn decode(&self, text: &[u8]) -> Option<Vec<u8>> {
        std::str::from_utf8(text).ok()?.chars().map(|c| *self.bytes.get(c as usize)?).collect()
    }
}

/// The kind of every token.
fn kinds(metadata: &Metadata, tokens: &StringArray) -> Result<Vec<Kind>, EngineError> {
    const KEY: &str = "tokenizer.ggml.token_type";
    let mut kinds = vec![Kind::Normal; tokens.len()];
    if metadata.get(KEY).is_some() {
        let types = metadata.i32s(KEY).ok_or_else(|| unsupported(format!("{KEY} is not an array of i32")))?;
        if types.len() != tokens.len() {
            return Err(unsupported(format!("{KEY} has {} entries for {} tokens", types.len(), tokens.len())));
        }
        for ((id, kind), number) in kinds.iter_mut().enumerate().zip(types) {
            *kind = Kind::from_id(*number).ok_or_else(|| unsupported(format!("token {id} has type {number}")))?;
        }
    }
    for (kind, text) in kinds.iter_mut().zip(tokens.iter()) {
        if ALWAYS_CONTROL.iter().any(|name| name.as_bytes() == text) {
            *kind = Kind::Control;
        }
    }
    Ok(kinds)
}

fn unsupported(message: impl Into<String>) -> EngineError {
    EngineError::Unsupported(message.into())
}
