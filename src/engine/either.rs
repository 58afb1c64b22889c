//! The backend that was chosen: WebGPU, or SIMD on the CPU.

use super::{
    backend::Backend,
    cpu::{self, Arithmetic, Cpu},
    error::EngineError,
    gpu,
    models::{Plan, Slot},
    pace::Pace,
    worker::Described,
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
    pub async fn open(choice: BackendChoice, plan: &Plan) -> Result<Self, EngineError> {
        let context = CONTEXT.min(plan.config.context);
        match choice {
            BackendChoice::Cpu => Self::cpu(plan, context),
            BackendChoice::WebGpu => Self::gpu(&gpu::Device::open().await?, plan, context).await,
            BackendChoice::Auto => match gpu::Device::open().await {
                Ok(device) if !device.is_software() => match Self::gpu(&device, plan, context).await {
                    Ok(model) => Ok(model),
                    // Nothing of the model's weights has been read yet, so the CPU can take its place.
                    Err(_) => Self::cpu(plan, context),
                },
                _ => Self::cpu(plan, context),
            },
        }
    }

    fn cpu(plan: &Plan, context: usize) -> Result<Self, EngineError> {
        Cpu::new(plan, context, Arithmetic::Integer).map(Self::Cpu)
    }

    async fn gpu(device: &gpu::Device, plan: &Plan, context: usize) -> Result<Self, EngineError> {
        let model = gpu::Model::new(device, plan, context).await?;
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

    async fn seal(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Gpu(model, _) => model.seal().await,
            Self::Cpu(model) => model.seal().await,
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
