//! Everything that can go wrong in the engine, each with the catalog's code.

use crate::error::Code;
use std::fmt;

/// A failure of loading or answering. The text is for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The file is not a model that this engine can run.
    Unsupported(String),
    /// The bytes are not the ones that were promised.
    Integrity(String),
    /// The model could not be fetched, or not to its end.
    Download(String),
    /// No connection at all.
    Network(String),
    /// No adapter, or none that fits.
    GpuUnavailable(String),
    /// The device has no room for the model.
    GpuOutOfMemory(String),
    /// The browser, or the machine, has no memory left.
    OutOfMemory(String),
    /// The device went away.
    GpuLost(String),
    /// The question alone is longer than the model's context.
    TooLong(String),
    /// A defect of ours.
    Internal(String),
    /// The page asked to stop. Not a failure, but it unwinds like one.
    Stopped,
}

impl EngineError {
    /// The catalog's code, or none for a stop.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Unsupported(_) => Code::ModelUnsupported,
            Self::Integrity(_) => Code::ModelIntegrity,
            Self::Download(_) => Code::ModelDownloadFailed,
            Self::Network(_) => Code::NetworkError,
            Self::GpuUnavailable(_) => Code::WebgpuUnavailable,
            Self::GpuOutOfMemory(_) => Code::GpuOutOfMemory,
            Self::OutOfMemory(_) => Code::OutOfMemory,
            Self::GpuLost(_) => Code::GpuLost,
            Self::TooLong(_) => Code::QuestionTooLong,
            Self::Internal(_) => Code::EngineFailed,
            Self::Stopped => return None,
        })
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(m)
            | Self::Integrity(m)
            | Self::Download(m)
            | Self::Network(m)
            | Self::GpuUnavailable(m)
            | Self::GpuOutOfMemory(m)
            | Self::OutOfMemory(m)
            | Self::GpuLost(m)
            | Self::TooLong(m)
            | Self::Internal(m) => f.write_str(m),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for EngineError {}
