//! An adapter and its device; and waiting for it, which always ends.

use crate::engine::{error::EngineError, pace::Pace};
use futures_channel::oneshot;
use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// How long the platform may take to name an adapter, in milliseconds, where something else can compute in its place.
const ADAPTER_MS: u32 = 5_000;

/// How long it may then take to open the adapter's device.
const DEVICE_MS: u32 = 10_000;

/// By how much both are longer where nothing can: a GPU that compiles for another page answers when it is done.
const PATIENCE: u32 = 12;

/// How long a device may take to make buffers and to compile shaders.
const BUILD_MS: u32 = 30_000;

/// The same of a CPU that compiles shaders for itself.
const SOFTWARE_BUILD_MS: u32 = 120_000;

/// How long a device may take for what was submitted: work is measured out in pieces of a fraction of a second.
const ANSWER_MS: u32 = 30_000;

/// The same of a CPU, which may have others to compute for.
const SOFTWARE_ANSWER_MS: u32 = 120_000;

/// What happened to a device behind our back.
#[derive(Debug, Default)]
struct Trouble {
    /// Why the device went away.
    lost: Option<String>,
    /// The first error that no scope caught.
    error: Option<EngineError>,
    /// Woken when the device goes away.
    waiting: Vec<Waker>,
}

/// Shared with the device's callbacks.
#[derive(Clone, Debug, Default)]
struct Watch(Arc<Mutex<Trouble>>);

impl Watch {
    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        // A panic elsewhere leaves nothing half-written in here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lose(&self, reason: String) {
        let mut trouble = self.trouble();
        trouble.lost.get_or_insert(reason);
        let waiting = std::mem::take(&mut trouble.waiting);
        drop(trouble);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The failure that explains all later ones, if there was any.
    fn check(&self) -> Result<(), EngineError> {
        let trouble = self.trouble();
        if let Some(reason) = &trouble.lost {
            return Err(EngineError::GpuLost(reason.clone()));
        }
        trouble.error.clone().map_or(Ok(()), Err)
    }
}

/// A GPU, or something that pretends to be one. Clones are handles of the same device.
#[derive(Clone, Debug)]
pub struct Device {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    watch: Watch,
    name: String,
    software: bool,
    /// Whether a CPU computes behind it, whatever it poses as: it is given longer.
    slow: bool,
    max_binding: u64,
    /// Ends with the last handle.
    _life: Arc<Life>,
}

/// Destroys the device when it is dropped: what a browser's GPU holds would otherwise stay until its garbage collector
/// finds the device, which may be never.
#[derive(Debug)]
struct Life(wgpu::Device);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.destroy();
    }
}

/// What a device poses as, so that tests reach what their adapter alone would not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pretence {
    /// Bytes that a storage binding holds, so that matrices are split.
    pub max_binding: Option<u64>,
    /// Whether a CPU computes behind it, so that kernels are cut for the other kind.
    pub software: Option<bool>,
    /// Whether nothing else can compute.
    pub alone: bool,
}

impl Device {
    /// Opens the adapter that the platform prefers for speed. `alone` where nothing else can compute: the platform is
    /// given longer to answer.
    ///
    /// # Errors
    /// [`EngineError::GpuUnavailable`] without an adapter, or when it gives no device, or nothing at all.
    pub async fn open(alone: bool, pace: &Pace) -> Result<Self, EngineError> {
        Self::open_as(Pretence { alone, ..Pretence::default() }, pace).await
    }

    /// Opens an adapter that poses as another.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_as(pretence: Pretence, pace: &Pace) -> Result<Self, EngineError> {
        let patience = if pretence.alone { PATIENCE } else { 1 };
        let silent = || EngineError::GpuUnavailable("the platform does not answer for a WebGPU adapter".into());
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter = pace
            .within(ADAPTER_MS * patience, instance.request_adapter(&options), silent)
            .await?
            // wgpu's own words list every backend that was not compiled in.
            .map_err(|_| EngineError::GpuUnavailable("this device offers no WebGPU adapter".into()))?;
        let info = adapter.get_info();
        let offered = adapter.limits();
        let defaults = wgpu::Limits::defaults();
        // Large matrices and nothing else: a limit that we do not need is one that might be refused.
        let limits = wgpu::Limits {
            max_buffer_size: offered.max_buffer_size.max(defaults.max_buffer_size),
            max_storage_buffer_binding_size: offered
                .max_storage_buffer_binding_size
                .max(defaults.max_storage_buffer_binding_size),
            ..defaults
        };
        let offered = limits.max_buffer_size.min(limits.max_storage_buffer_binding_size);
        let max_binding = pretence.max_binding.map_or(offered, |pretended| pretended.min(offered));
        let slow = info.device_type == wgpu::DeviceType::Cpu;
        let software = pretence.software.unwrap_or(slow);
        let descriptor =
            wgpu::DeviceDescriptor { label: Some("engine"), required_limits: limits, ..Default::default() };
        let silent = || EngineError::GpuUnavailable("the WebGPU adapter does not open its device".into());
        let (device, queue) = pace
            .within(DEVICE_MS * patience, adapter.request_device(&descriptor), silent)
            .await?
            .map_err(|error| EngineError::GpuUnavailable(format!("no WebGPU device: {error}")))?;

        let watch = Watch::default();
        let lost = watch.clone();
        device.set_device_lost_callback(move |reason, message| lost.lose(format!("{reason:?}: {message}")));
        let failed = watch.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            failed.trouble().error.get_or_insert(engine_error(error));
        }));
        let name = if info.name.is_empty() { "WebGPU".to_owned() } else { info.name };
        #[cfg_attr(target_arch = "wasm32", expect(clippy::arc_with_non_send_sync, reason = "natively it is both"))]
        let life = Arc::new(Life(device.clone()));
        Ok(Self { device, queue, watch, name, software, slow, max_binding, _life: life })
    }

    /// Whether a CPU computes behind it (a fallback adapter).
    #[must_use]
    pub fn is_software(&self) -> bool {
        self.software
    }

    /// The adapter's name, as far as the platform gives it away.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why the device went away, once it has.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.watch.trouble().lost.clone()
    }

    /// Gives the device back, with everything on it. Every wait ends with [`EngineError::GpuLost`].
    pub fn destroy(&self) {
        self.device.destroy();
        // The platform calls back later, or never when nobody polls.
        self.watch.lose("destroyed".to_owned());
    }

    /// Bytes that a storage binding may have.
    pub(super) fn max_binding(&self) -> u64 {
        self.max_binding
    }

    /// Creates things on the device, and waits to hear whether it could.
    pub(super) async fn checked<T>(
        &self,
        pace: &Pace,
        create: impl AsyncFnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.watch.check()?;
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let created = create().await;
        let (validation, internal, memory) = (validation.pop(), internal.pop(), memory.pop());
        // Out of memory makes everything after it invalid: it comes first.
        let ms = if self.slow { SOFTWARE_BUILD_MS } else { BUILD_MS };
        let scopes = [
            self.wait_for(memory, ms, pace).await?,
            self.wait_for(internal, ms, pace).await?,
            self.wait_for(validation, ms, pace).await?,
        ];
        if let Some(error) = scopes.into_iter().flatten().next() {
            return Err(engine_error(error));
        }
        created
    }

    /// Waits until everything that was submitted is done.
    pub(super) async fn done(&self, pace: &Pace) -> Result<(), EngineError> {
        let (sender, receiver) = oneshot::channel();
        self.queue.on_submitted_work_done(move || {
            // Nobody listens after a stop.
            let _ = sender.send(());
        });
        self.answered(receiver, pace).await
    }

    /// Copies a buffer that was mapped for reading into words, after everything that was submitted.
    pub(super) async fn read(&self, buffer: &wgpu::Buffer, words: usize, pace: &Pace) -> Result<Vec<u32>, EngineError> {
        let slice = buffer.slice(..(words * 4) as u64);
        // Unmaps on every way out, also when nobody waits any longer: that ends a mapping under way.
        let _mapping = Mapping(buffer);
        let (sender, receiver) = oneshot::channel();
        slice.map_async(wgpu::MapMode::Read, move |mapped| {
            let _ = sender.send(mapped);
        });
        self.answered(receiver, pace).await?.map_err(|error| self.failure(&error.to_string()))?;
        let view = slice.get_mapped_range().map_err(|error| self.failure(&format!("{error:?}")))?;
        let words = view.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        drop(view);
        Ok(words)
    }

    /// Waits for a callback.
    async fn answered<T>(&self, receiver: oneshot::Receiver<T>, pace: &Pace) -> Result<T, EngineError> {
        let ms = if self.slow { SOFTWARE_ANSWER_MS } else { ANSWER_MS };
        let answer = self.wait_for(receiver, ms, pace).await?;
        answer.map_err(|oneshot::Canceled| self.failure("the device never answered"))
    }

    /// Waits for the device, but no longer than it exists, than the page wants to, and than `ms` milliseconds.
    async fn wait_for<F: Future>(&self, future: F, ms: u32, pace: &Pace) -> Result<F::Output, EngineError> {
        // In a browser the event loop calls back. Natively nothing does unless it is asked, which may as well wait.
        #[cfg(not(target_arch = "wasm32"))]
        {
            let timeout = Some(std::time::Duration::from_millis(ms.into()));
            if let Err(error) = self.device.poll(wgpu::PollType::Wait { submission_index: None, timeout }) {
                return Err(self.failure(&error.to_string()));
            }
        }
        let mut future = std::pin::pin!(future);
        let answer = poll_fn(|context| {
            if let Err(failure) = self.watch.check() {
                return Poll::Ready(Err(failure));
            }
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(value));
            }
            let mut trouble = self.watch.trouble();
            if !trouble.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                trouble.waiting.push(context.waker().clone());
            }
            Poll::Pending
        });
        // A device that is silent is as good as lost.
        pace.within(ms, answer, || EngineError::GpuLost(format!("the device was silent for {} s", ms / 1000))).await?
    }

    /// What explains a failed call: the loss of the device rather than its consequence.
    fn failure(&self, message: &str) -> EngineError {
        self.watch.check().err().unwrap_or_else(|| EngineError::Internal(message.to_owned()))
    }
}

/// Ends a mapping when it is dropped.
struct Mapping<'a>(&'a wgpu::Buffer);

impl Drop for Mapping<'_> {
    fn drop(&mut self) {
        self.0.unmap();
    }
}

fn engine_error(error: wgpu::Error) -> EngineError {
    match error {
        wgpu::Error::OutOfMemory { .. } => EngineError::GpuOutOfMemory("the device has no memory left".to_owned()),
        error => EngineError::Internal(error.to_string()),
    }
}
