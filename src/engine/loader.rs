//! From bytes to a model that can answer: reads a header, chooses a backend, streams every tensor to it, and
//! verifies the whole.
//!
//! The file never lies whole in memory: the header (2 MB for the default model) is kept until it is read, a tensor's
//! bytes go on to the backend as they come.

use super::{
    backend::Backend,
    error::EngineError,
    gguf::{self, Header, Parsed},
    models::{self, Plan, Weight},
    pace::Pace,
    session::Session,
    source::ByteSource,
    template::Template,
    tokenizer::Tokenizer,
};
use crate::wire::ModelSource;
use sha2::{Digest, Sha256};

/// Bytes between two progress reports.
const REPORT_EVERY: u64 = 512 * 1024;

/// Bytes that may follow a file's last tensor where nobody said how long the file is: padding.
const PADDING: u64 = 1 << 20;

/// What is known of a file beforehand.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// SHA-256 of the whole file, in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// Length in bytes.
    pub bytes: Option<u64>,
}

impl From<&ModelSource> for Expected {
    fn from(model: &ModelSource) -> Self {
        Self { sha256: model.sha256.as_ref().map(|hex| hex.to_ascii_lowercase()), bytes: model.bytes }
    }
}

/// Loads a model.
///
/// `open` makes the backend once the plan is known; `progress` hears (bytes so far, bytes in all).
/// With a pinned hash, a file of known length that can't be read is first read to its end: wrong bytes are `Integrity`,
/// the right bytes of an unfit file are `Unsupported`. A file that goes on after its end is `Integrity`, too.
pub async fn load<B: Backend, S: ByteSource>(
    mut source: S,
    expected: &Expected,
    pace: &Pace,
    mut progress: impl FnMut(u64, Option<u64>),
    open: impl AsyncFnOnce(&Plan) -> Result<B, EngineError>,
) -> Result<Session<B>, EngineError> {
    let mut incoming = Incoming::new(expected, source.total())?;
    let mut chunk = Vec::new();

    let read = read_head(&mut source, &mut incoming, &mut chunk, pace, &mut progress).await;
    let Head { name, plan, tokenizer, template, rest, end } = match read {
        Ok(head) => head,
        Err(EngineError::Unsupported(why)) if incoming.pinned() && incoming.total.is_some() => {
            while source.next(&mut chunk, pace).await? {
                incoming.count(&chunk, &mut progress)?;
                pace.breathe().await?;
            }
            incoming.verify()?;
            return Err(EngineError::Unsupported(why));
        }
        Err(error) => return Err(error),
    };

    incoming.limit(end.saturating_add(PADDING));
    let mut backend = open(&plan).await?;
    let mut tensors = Tensors { weights: &plan.weights, at: incoming.received - rest.len() as u64 };
    tensors.write(&rest, &mut backend)?;
    drop(rest);
    while source.next(&mut chunk, pace).await? {
        incoming.count(&chunk, &mut progress)?;
        tensors.write(&chunk, &mut backend)?;
        pace.breathe().await?;
    }
    incoming.verify()?;
    tensors.finish()?;
    backend.seal(pace).await?;
    progress(incoming.received, Some(incoming.received));
    Ok(Session::new(backend, tokenizer, template, name))
}

/// All that the header tells.
struct Head {
    name: String,
    plan: Plan,
    tokenizer: Tokenizer,
    template: Template,
    /// Bytes that came with the header's last chunk.
    rest: Vec<u8>,
    /// Where the last tensor ends.
    end: u64,
}

/// Reads until the header is whole, and understands it.
async fn read_head(
    source: &mut impl ByteSource,
    incoming: &mut Incoming,
    chunk: &mut Vec<u8>,
    pace: &Pace,
    progress: &mut impl FnMut(u64, Option<u64>),
) -> Result<Head, EngineError> {
    let mut prefix = Vec::new();
    let mut needed = 0;
    loop {
        if !source.next(chunk, pace).await? {
            // A short file may be whole before as many bytes came as the parser wished for.
            return match gguf::parse(&prefix, Some(prefix.len() as u64))? {
                Parsed::Header(header) => understand(&header, prefix, pace).await,
                Parsed::NeedMore(_) => Err(EngineError::Unsupported("the file ends inside its header".into())),
            };
        }
        incoming.count(chunk, progress)?;
        prefix.extend_from_slice(chunk);
        if prefix.len() < needed {
            continue;
        }
        match gguf::parse(&prefix, incoming.total)? {
            Parsed::NeedMore(bytes) => needed = bytes,
            Parsed::Header(header) => return understand(&header, prefix, pace).await,
        }
        pace.breathe().await?;
    }
}

async fn understand(header: &Header, mut prefix: Vec<u8>, pace: &Pace) -> Result<Head, EngineError> {
    let plan = models::plan(header)?;
    let tokenizer = Tokenizer::read(&header.metadata, pace).await?;
    let template = Template::detect(header.metadata.str("tokenizer.chat_template"))?;
    template.check(&tokenizer)?;
    // The parser checked that tensors begin after the header, so nothing before `data_start` is theirs.
    let start = usize::try_from(header.data_start).unwrap_or(usize::MAX).min(prefix.len());
    let rest = prefix.split_off(start);
    Ok(Head { name: plan.config.name.clone(), plan, tokenizer, template, rest, end: header.data_end() })
}

/// Counts and hashes what comes.
struct Incoming {
    received: u64,
    reported: u64,
    total: Option<u64>,
    /// The most that is taken, where nobody promised a length.
    limit: u64,
    hash: Option<(Sha256, String)>,
}

impl Incoming {
    fn new(expected: &Expected, announced: Option<u64>) -> Result<Self, EngineError> {
        if let (Some(expected), Some(announced)) = (expected.bytes, announced)
            && expected != announced
        {
            return Err(EngineError::Integrity(format!(
                "the model has {announced} bytes where {expected} were promised"
            )));
        }
        let hash = expected.sha256.clone().map(|hex| (Sha256::new(), hex));
        Ok(Self { received: 0, reported: 0, total: announced.or(expected.bytes), limit: u64::MAX, hash })
    }

    fn pinned(&self) -> bool {
        self.hash.is_some()
    }

    /// Takes no more than this, unless another length was promised.
    fn limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// Counts a chunk; refuses it when the file is longer than it may be. What the visitor agreed to is the end, not
    /// what a server goes on sending.
    fn count(&mut self, chunk: &[u8], progress: &mut impl FnMut(u64, Option<u64>)) -> Result<(), EngineError> {
        self.received += chunk.len() as u64;
        let most = self.total.unwrap_or(self.limit);
        if self.received > most {
            return Err(EngineError::Integrity(match self.total {
                Some(_) => format!("more of the model arrives than the {most} bytes that were promised"),
                None => format!("the file goes on after byte {most}, where nothing of the model can be"),
            }));
        }
        if let Some((hash, _)) = &mut self.hash {
            hash.update(chunk);
        }
        if self.received - self.reported >= REPORT_EVERY {
            self.reported = self.received;
            progress(self.received, self.total);
        }
        Ok(())
    }

    /// Compares what came with what was promised.
    fn verify(&mut self) -> Result<(), EngineError> {
        if let Some(total) = self.total
            && total != self.received
        {
            return Err(EngineError::Integrity(format!(
                "{} bytes of the model arrived where {total} were promised",
                self.received
            )));
        }
        let Some((hash, promised)) = self.hash.take() else {
            return Ok(());
        };
        let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if found == promised {
            return Ok(());
        }
        Err(EngineError::Integrity(format!("the model's SHA-256 is {found}, not {promised}")))
    }
}

/// Hands each tensor its bytes.
struct Tensors<'a> {
    /// Those not complete yet, by offset.
    weights: &'a [Weight],
    /// Absolute position in the file.
    at: u64,
}

impl Tensors<'_> {
    fn write(&mut self, bytes: &[u8], backend: &mut impl Backend) -> Result<(), EngineError> {
        let end = self.at + bytes.len() as u64;
        while let Some(weight) = self.weights.first() {
            let from = weight.offset.max(self.at);
            let to = (weight.offset + weight.bytes).min(end);
            if from < to {
                // Both lie within `bytes`, whose length is a usize.
                let piece = &bytes[(from - self.at) as usize..(to - self.at) as usize];
                backend.write(weight.slot, from - weight.offset, piece)?;
            }
            if weight.offset + weight.bytes > end {
                break;
            }
            self.weights = &self.weights[1..];
        }
        self.at = end;
        Ok(())
    }

    fn finish(&self) -> Result<(), EngineError> {
        match self.weights.first() {
            None => Ok(()),
            Some(weight) => Err(EngineError::Unsupported(format!(
                "the file is truncated: {:?} needs bytes up to {}, and it ends at {}",
                weight.slot,
                weight.offset + weight.bytes,
                self.at
            ))),
        }
    }
}
