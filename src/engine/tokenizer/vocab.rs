//! The vocabulary: what each token's bytes are, and which tokens text may become.
//!
//! GPT-2's vocabularies write a token's bytes as printable characters, one each (`Ġ` is a space): [`ByteAlphabet`].
//! Tokens that stand for something else are written as they are: control tokens, which no text may become, and
//! user-defined ones, which are found in text before anything else is done with it.

use crate::engine::{
    error::EngineError,
    gguf::{Metadata, StringArray},
    order,
};

/// Most user-defined tokens: each is looked for in every text. Files of this kind have a few hundred at most.
const MAX_USER_DEFINED: usize = 1 << 12;

/// How many slots an index looks at for one token. Half of the slots are free, so honest vocabularies stay far below.
const MAX_PROBES: usize = 512;

/// A slot without a token.
const FREE: u32 = u32::MAX;

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
    /// Control tokens by name.
    controls: Vec<(String, u32)>,
    /// User-defined tokens, longest first and then by number; each is UTF-8 and not empty.
    user_defined: Vec<u32>,
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
        let count = vocabulary.user_defined.len();
        if count > MAX_USER_DEFINED {
            return Err(unsupported(format!(
                "the vocabulary has {count} user-defined tokens, more than {MAX_USER_DEFINED}"
            )));
        }
        let found = std::mem::take(&mut vocabulary.user_defined);
        let len = |place: usize| vocabulary.bytes(found[place]).len();
        let longest_first = order::sorted(count, &|a, b| len(b).cmp(&len(a)));
        vocabulary.user_defined = longest_first.into_iter().map(|place| found[place]).collect();
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
                self.user_defined.extend(name.map(|_| id));
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
        self.controls.iter().find(|(known, _)| known == name).map(|(_, id)| *id)
    }

    /// Cuts a text at its user-defined tokens: calls `part` with each stretch, and the token that it is, if any.
    ///
    /// A longer token goes before a shorter one wherever they stand, as in llama.cpp; equally long ones from the left.
    pub fn cut<'text>(&self, text: &'text str, mut part: impl FnMut(&'text str, Option<u32>)) {
        let mut parts = vec![(text, None)];
        for same_length in self.user_defined.chunk_by(|a, b| self.bytes(*a).len() == self.bytes(*b).len()) {
            let mut finer = Vec::new();
            for (text, token) in parts {
                match token {
                    None => self.cut_at(same_length, text, &mut finer),
                    Some(_) => finer.push((text, token)),
                }
            }
            parts = finer;
        }
        for (text, token) in parts {
            if !text.is_empty() {
                part(text, token);
            }
        }
    }

    /// Cuts a text at tokens of one length.
    fn cut_at<'text>(&self, tokens: &[u32], text: &'text str, parts: &mut Vec<(&'text str, Option<u32>)>) {
        let length = tokens.first().map_or(0, |id| self.bytes(*id).len());
        let (mut start, mut at) = (0_usize, 0_usize);
        while let Some(window) = text.as_bytes().get(at..at.saturating_add(length)).filter(|_| length > 0) {
            let Some(id) = tokens.iter().find(|id| self.bytes(**id) == window) else {
                at += 1;
                continue;
            };
            // UTF-8 found in UTF-8 begins and ends between characters.
            parts.push((text.get(start..at).unwrap_or_default(), None));
            at += length;
            parts.push((text.get(at - length..at).unwrap_or_default(), Some(*id)));
            start = at;
        }
        parts.push((text.get(start..).unwrap_or_default(), None));
    }
}

/// Finds tokens by their bytes: a hash table with open addressing, which holds only the tokens' numbers.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// (a power of two, at least twice the tokens) a token each, or [`FREE`].
    slots: Vec<u32>,
}

impl Index {
    /// The index of these tokens. Of tokens with the same bytes, the first counts; empty ones are left out.
    pub fn new(vocabulary: &Vocabulary, tokens: &[u32]) -> Result<Self, EngineError> {
        let mut slots = vec![FREE; (tokens.len() * 2).next_power_of_two()];
        for id in tokens {
            let bytes = vocabulary.bytes(*id);
            let same = |slot: u32| slot == FREE || vocabulary.bytes(slot) == bytes;
            // Only a file made for it has so many tokens that fall together.
            let at = probe(&slots, bytes).find(|at| slots.get(*at).is_some_and(|slot| same(*slot)));
            let at = at.ok_or_else(|| unsupported("the vocabulary cannot be indexed"))?;
            if let Some(slot) = slots.get_mut(at).filter(|slot| **slot == FREE && !bytes.is_empty()) {
                *slot = *id;
            }
        }
        Ok(Self { slots })
    }

    /// The token of these bytes.
    #[must_use]
    pub fn find(&self, vocabulary: &Vocabulary, bytes: &[u8]) -> Option<u32> {
        let occupied =
            probe(&self.slots, bytes).map_while(|at| self.slots.get(at).copied().filter(|slot| *slot != FREE));
        occupied.into_iter().find(|id| vocabulary.bytes(*id) == bytes)
    }
}

/// Where to look for bytes, in order: from their hash (FNV-1a, Fowler, Noll and Vo) on.
fn probe(slots: &[u32], bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let hash = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let mask = slots.len().wrapping_sub(1);
    // The high bits of the product are the better mixed ones.
    let start = (hash ^ hash >> 15) as usize;
    (0..MAX_PROBES).map(move |step| start.wrapping_add(step) & mask)
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
