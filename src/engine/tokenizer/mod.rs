//! Text becomes tokens and tokens become text: byte-level BPE, read from a file's metadata.
//!
//! `text → user-defined tokens cut out → words (`pre`) → bytes → merges (`bpe`) → tokens`; back, a token is its bytes
//! and [`Utf8Stream`] makes characters of them. What text may become and what only a template may write are kept
//! apart from the start: control tokens are not in the tables that [`Tokenizer::encode`] uses.
//!
//! The behaviour is that of llama.cpp and of the models' own `tokenizer.json`. Where those two differ, see `pre` and
//! `bpe`. Other tokenizers than `gpt2` (SentencePiece's `llama`, say) are refused by name.

mod bpe;
mod pre;
mod unicode;
mod unicode_runs;
mod utf8;
mod vocab;

pub use utf8::Utf8Stream;

use super::{error::EngineError, gguf::Metadata, pace::Pace};
use bpe::{Merger, Merges, NOTHING};
#[cfg(not(target_arch = "wasm32"))]
use futures_util::FutureExt;
use pre::Pre;
use unicode::Classes;
use vocab::{ByteAlphabet, Index, Vocabulary};

/// Most merges. The largest vocabularies in use have about half a million.
const MAX_MERGES: usize = 1 << 21;

/// Metadata keys whose token ends an answer.
const END_KEYS: &[&str] =
    &["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"];

/// Control tokens that end an answer in every file that has them: some files' `eos_token_id` is not the one with
/// which their chats end. As in llama.cpp.
const END_NAMES: &[&str] = &["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>"];

/// A file's tokenizer.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    pre: Pre,
    classes: Classes,
    vocabulary: Vocabulary,
    /// (256) the token of each byte, or [`NOTHING`].
    of_byte: Vec<u32>,
    merges: Merges,
    /// Tokens that a word becomes whatever the merges say, where the pre-tokenizer wants that.
    whole_words: Option<Index>,
    /// The file's beginning-of-sequence token.
    begin: Option<u32>,
    /// Whether it stands before every prompt.
    begins: bool,
    /// Tokens that end an answer; a handful.
    ends: Vec<u32>,
}

impl Tokenizer {
    /// Reads the tokenizer that a file describes under `tokenizer.ggml.*`.
    ///
    /// A file without `tokenizer.ggml.pre` is refused: such files come from before llama.cpp knew that words must be cut
    /// as in training; it guesses there, with a warning that the answers suffer. A converter's current version names
    /// the pre-tokenizer.
    ///
    /// A vocabulary of a hundred thousand tokens takes its time, so a stop is heard in between.
    ///
    /// # Errors
    ///
    /// [`EngineError::Unsupported`] names what is missing, unknown or contradictory.
    pub async fn read(metadata: &Metadata, pace: &Pace) -> Result<Self, EngineError> {
        match metadata.str("tokenizer.ggml.model") {
            Some("gpt2") => {}
            Some(other) => return Err(unsupported(format!("the tokenizer {} is not supported", quoted(other)))),
            None => return Err(unsupported("the file has no tokenizer (tokenizer.ggml.model)")),
        }
        let name = metadata.str("tokenizer.ggml.pre").ok_or_else(|| {
            unsupported("the file does not name its pre-tokenizer (tokenizer.ggml.pre): convert the model anew")
        })?;
        let pre = Pre::from_name(name)
            .ok_or_else(|| unsupported(format!("the pre-tokenizer {} is not supported", quoted(name))))?;
        let (vocabulary, mergeable) = Vocabulary::read(metadata)?;
        pace.breathe().await?;
        let index = Index::new(&vocabulary, &mergeable)?;
        pace.breathe().await?;
        let merges = read_merges(metadata, &vocabulary, &index, pace).await?;
        let of_byte = (0..=u8::MAX).map(|byte| index.find(&vocabulary, &[byte]).unwrap_or(NOTHING)).collect();
        let begin = special(metadata, "tokenizer.ggml.bos_token_id", vocabulary.len())?;
        let asked = metadata.bool("tokenizer.ggml.add_bos_token");
        if asked == Some(true) && begin.is_none() {
            return Err(unsupported("the file asks for a beginning-of-sequence token and does not name it"));
        }
        let ends = ends(metadata, &vocabulary)?;
        let whole_words = pre.keeps_whole_words().then_some(index);
        let begins = asked.unwrap_or(pre.begins_by_default());
        Ok(Self { pre, classes: Classes::new(), vocabulary, of_byte, merges, whole_words, begin, begins, ends })
    }

    /// The same at once.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    #[cfg(not(target_arch = "wasm32"))]
    pub fn from_metadata(metadata: &Metadata) -> Result<Self, EngineError> {
        // Natively the event loop's turn is no wait.
        let read = Self::read(metadata, &Pace::new()).now_or_never();
        read.unwrap_or_else(|| Err(EngineError::Internal("the tokenizer waits for something".into())))
    }

    /// Appends the tokens of a plain text. Never a control token: their names are text like any other.
    ///
    /// A byte that the vocabulary lacks is left out (SmolLM2's has no token for some control characters).
    pub fn encode(&self, text: &str, out: &mut Vec<u32>) {
        let mut encoding = self.encoding(text);
        while !encoding.step(out) {}
    }

    /// The same in steps, for a text of any length on a thread that has other things to hear.
    #[must_use]
    pub fn encoding<'a>(&'a self, text: &'a str) -> Encoding<'a> {
        let mut words = Vec::new();
        self.vocabulary.cut(text, |part, token| match token {
            Some(_) => words.push((part, token)),
            None => self.pre.words(&self.classes, part, |word| words.push((word, None))),
        });
        Encoding { tokenizer: self, words: words.into_iter(), merger: Merger::default(), merging: false }
    }

    /// The token that a word is whatever the merges say.
    fn whole_word(&self, word: &[u8]) -> Option<u32> {
        self.whole_words.as_ref().and_then(|index| index.find(&self.vocabulary, word))
    }

    /// The control token of this name, such as `<|im_start|>`.
    #[must_use]
    pub fn control(&self, text: &str) -> Option<u32> {
        self.vocabulary.control(text)
    }

    /// The bytes of text that a token stands for; they may end inside a character. A control token has none.
    #[must_use]
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }

    /// Whether a token ends an answer.
    #[must_use]
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The token that stands before every prompt, when the file asks for one.
    #[must_use]
    pub fn bos(&self) -> Option<u32> {
        self.begin.filter(|_| self.begins)
    }

    /// The token that a chat template means by `bos_token`, whether or not it stands before every prompt.
    #[must_use]
    pub fn bos_token(&self) -> Option<u32> {
        self.begin
    }

    /// How many tokens there are.
    #[must_use]
    pub fn vocab(&self) -> usize {
        self.vocabulary.len()
    }
}

/// What is done between two looks at the clock: a few milliseconds of looking at pairs.
const STEP: usize = 1 << 12;

/// A text on its way to tokens.
#[derive(Debug)]
pub struct Encoding<'a> {
    tokenizer: &'a Tokenizer,
    /// Words that are left, and the tokens that some are as a whole.
    words: std::vec::IntoIter<(&'a str, Option<u32>)>,
    merger: Merger,
    /// Whether the merger is at work on a word.
    merging: bool,
}

impl Encoding<'_> {
    /// Goes on for a while, and says whether the text has come to its end.
    pub fn step(&mut self, out: &mut Vec<u32>) -> bool {
        let mut left = STEP;
        loop {
            if self.merging {
                if !self.merger.step(&self.tokenizer.merges, &mut left) {
                    return false;
                }
                self.merger.finish(out);
                self.merging = false;
            }
            if left == 0 {
                return false;
            }
            let Some((word, token)) = self.words.next() else {
                return true;
            };
            left -= 1;
            match token.or_else(|| self.tokenizer.whole_word(word.as_bytes())) {
                Some(token) => out.push(token),
                None => {
                    let of_byte = &self.tokenizer.of_byte;
                    let of = |byte: u8| of_byte.get(usize::from(byte)).copied().unwrap_or(NOTHING);
                    self.merger.begin(word.bytes().map(of));
                    self.merging = true;
                }
            }
        }
    }
}

/// Reads `tokenizer.ggml.merges`, each `left right` in order of rank.
async fn read_merges(
    metadata: &Metadata,
    vocabulary: &Vocabulary,
    index: &Index,
    pace: &Pace,
) -> Result<Merges, EngineError> {
    let texts = metadata
        .strings("tokenizer.ggml.merges")
        .ok_or_else(|| unsupported("the file has no merges (tokenizer.ggml.merges)"))?;
    if texts.len() > MAX_MERGES {
        return Err(unsupported(format!("the file has {} merges, more than {MAX_MERGES}", texts.len())));
    }
    let alphabet = ByteAlphabet::new();
    let mut merges = Vec::with_capacity(texts.len());
    for (rank, text) in texts.iter().enumerate() {
        let merge = merge(text, &alphabet, |bytes| index.find(vocabulary, bytes)).ok_or_else(|| {
            let text = String::from_utf8_lossy(text);
            unsupported(format!("merge {rank}, {}, does not name two tokens that make a third", quoted(&text)))
        })?;
        merges.push(merge);
        if rank % STEP == 0 {
            pace.breathe().await?;
        }
    }
    pace.breathe().await?;
    Ok(Merges::new(&merges))
}

/// One merge: the tokens on either side of the space, and the token that they make.
fn merge(text: &[u8], alphabet: &ByteAlphabet, find: impl Fn(&[u8]) -> Option<u32>) -> Option<(u32, u32, u32)> {
    // No token's text has a space in it: the alphabet writes it as another character.
    let space = text.iter().position(|byte| *byte == b' ')?;
    let mut whole = alphabet.decode(text.get(..space)?)?;
    let left = find(&whole)?;
    let right = alphabet.decode(text.get(space + 1..)?)?;
    whole.extend(&right);
    Some((left, find(&right)?, find(&whole)?))
}

/// The tokens that end an answer.
fn ends(metadata: &Metadata, vocabulary: &Vocabulary) -> Result<Vec<u32>, EngineError> {
    let mut ends: Vec<u32> = END_NAMES.iter().filter_map(|name| vocabulary.control(name)).collect();
    for key in END_KEYS {
        ends.extend(special(metadata, key, vocabulary.len())?);
    }
    Ok(ends)
}

/// A token that the metadata gives by number.
fn special(metadata: &Metadata, key: &str, vocab: usize) -> Result<Option<u32>, EngineError> {
    if metadata.get(key).is_none() {
        return Ok(None);
    }
    let id = metadata.u64(key).ok_or_else(|| unsupported(format!("{key} is not a token's number")))?;
    match u32::try_from(id) {
        Ok(id) if (id as usize) < vocab => Ok(Some(id)),
        _ => Err(unsupported(format!("{key} is {id} and the vocabulary has {vocab} tokens"))),
    }
}

/// Text of the file for a message: escaped, and cut to a length that a log can bear.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(64).collect();
    format!("{short:?}")
}

fn unsupported(message: impl Into<String>) -> EngineError {
    EngineError::Unsupported(message.into())
}
