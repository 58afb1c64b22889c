//! The backend that was chosen: WebGPU, or SIMD on the CPU.

use super::{
    backend::{Backend, Described},
    cpu::{self, Arithmetic, Cpu},
    error::EngineError,
    gpu,
    models::{Plan, Slot},
    pace::Pace,
};
use crate::wire::{BackendChoice, BackendKind, Sampling};

/// The most positions of context that a visitor's device is asked for.
const CONTEXT: usize = 2048;

/// One of the two backends.
pub enum Either {
    /// Compute shaders.
    Gpu(gpu::Model, String),
    /// SIMD on one thread.
    Cpu(Cpu),
}

impl Either {
    /// Chooses. `Auto` is a real GPU, or else the CPU: a software adapter is slower than SIMD, and a GPU that has no room
    /// for the model, or can't take it for another reason, is no reason to leave the visitor without an answer.
    ///
    /// A GPU that does not answer within its bounds is one that is not there. Only the page's own stop ends the search.
    pub async fn open(choice: BackendChoice, plan: &Plan, pace: &Pace) -> Result<Self, EngineError> {
        let context = CONTEXT.min(plan.config.context);
        match choice {
            BackendChoice::Cpu => Self::cpu(plan, context),
            BackendChoice::WebGpu => Self::gpu(&gpu::Device::open(true, pace).await?, plan, context, pace).await,
            // Nothing of the model's weights has been read yet, so the CPU can take the GPU's place.
            BackendChoice::Auto => match Self::real_gpu(plan, context, pace).await {
                Ok(Some(model)) => Ok(model),
                Err(EngineError::Stopped) => Err(EngineError::Stopped),
                Ok(None) | Err(_) => Self::cpu(plan, context),
            },
        }
    }

    fn cpu(plan: &Plan, context: usize) -> Result<Self, EngineError> {
        Cpu::new(plan, context, Arithmetic::Integer).map(Self::Cpu)
    }

    /// None where a CPU computes behind the adapter.
    async fn real_gpu(plan: &Plan, context: usize, pace: &Pace) -> Result<Option<Self>, EngineError> {
        let device = gpu::Device::open(false, pace).await?;
        if device.is_software() { Ok(None) } else { Self::gpu(&device, plan, context, pace).await.map(Some) }
    }

    async fn gpu(device: &gpu::Device, plan: &Plan, context: usize, pace: &Pace) -> Result<Self, EngineError> {
        let model = gpu::Model::new(device, plan, context, pace).await?;
        Ok(Self::Gpu(model, device.name().into()))
    }
}

impl Described for Either {
    fn kind(&self) -> BackendKind {
        match self {
            Self::Gpu(..) => BackendKind::WebGpu,
            Self::Cpu(_) => BackendKind::Cpu,
        }
    }

    fn adapter(&self) -> String {
        match self {
            Self::Gpu(_, name) => name.clone(),
            Self::Cpu(_) => cpu::instruction_set().into(),
        }
    }
}

impl Backend for Either {
    fn write(&mut self, slot: Slot, offset: u64, bytes: &[u8]) -> Result<(), EngineError> {
        match self {
            Self::Gpu(model, _) => model.write(slot, offset, bytes),
            Self::Cpu(model) => model.write(slot, offset, bytes),
        }
    }

    async fn seal(&mut self, pace: &Pace) -> Result<(), EngineError> {
        match self {
            Self::Gpu(model, _) => model.seal(pace).await,
            Self::Cpu(model) => model.seal(pace).await,
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Gpu(model, _) => model.capacity(),
            Self::Cpu(model) => model.capacity(),
        }
    }

    fn filled(&self) -> usize {
        match self {
            Self::Gpu(model, _) => model.filled(),
            Self::Cpu(model) => model.filled(),
        }
    }

    async fn start(
        &mut self,
        prompt: &[u32],
        reuse: usize,
        sampling: &Sampling,
        pace: &Pace,
    ) -> Result<u32, EngineError> {
        match self {
            Self::Gpu(model, _) => model.start(prompt, reuse, sampling, pace).await,
            Self::Cpu(model) => model.start(prompt, reuse, sampling, pace).await,
        }
    }

    async fn next(&mut self, want: usize, out: &mut Vec<u32>, pace: &Pace) -> Result<(), EngineError> {
        match self {
            Self::Gpu(model, _) => model.next(want, out, pace).await,
            Self::Cpu(model) => model.next(want, out, pace).await,
        }
    }

    async fn logits(&mut self) -> Result<Vec<f32>, EngineError> {
        match self {
            Self::Gpu(model, _) => model.logits().await,
            Self::Cpu(model) => model.logits().await,
        }
    }
}
