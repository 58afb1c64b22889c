//! How much work goes to the device at once.
//!
//! Work that was submitted cannot be taken back, so it is measured out: small enough that a stop, the next question
//! and the page's own drawing need not wait long, large enough that the device never idles. The speed is not known
//! before, so it is estimated from bytes of weights, cautiously at first, and learnt from every wait.

use super::{device::Device, graph::Dispatch};
use crate::engine::{clock::now_ms, error::EngineError, pace::Pace};

/// Milliseconds of estimated work that may be under way.
pub const AHEAD_MS: f64 = 100.0;

/// A device's speed at one kind of work, in bytes of weights per millisecond.
#[derive(Clone, Copy, Debug)]
pub struct Speed(f64);

impl Speed {
    /// Before anything is known: slower than any device of its kind that we have seen, for `tokens` at a time.
    pub fn cautious(software: bool, tokens: u32) -> Self {
        let decoding = if software { 100e3 } else { 4e6 };
        Self(decoding / (1.0 + f64::from(tokens - 1) / 4.0))
    }

    /// Milliseconds that work should take.
    pub fn estimate(self, cost: f64) -> f64 {
        cost / self.0
    }

    /// Learns that work took so long. Half of what was believed stays: a busy machine is not a slow one.
    pub fn learn(&mut self, cost: f64, ms: f64) {
        if cost > 0.0 && ms > 0.0 {
            self.0 = f64::midpoint(self.0, cost / ms);
        }
    }
}

/// The work of all dispatches.
pub fn cost(list: &[Dispatch]) -> f64 {
    list.iter().map(|dispatch| dispatch.cost).sum()
}

/// Work that is under way and not waited for yet.
#[derive(Debug)]
pub struct Flight<'a> {
    device: &'a Device,
    pace: &'a Pace,
    began: f64,
    cost: f64,
    passes: u32,
}

impl<'a> Flight<'a> {
    /// Nothing is under way.
    pub fn new(device: &'a Device, pace: &'a Pace) -> Self {
        Self { device, pace, began: now_ms(), cost: 0.0, passes: 0 }
    }

    /// Submits a list in as few pieces as may be under way, waiting between them.
    pub async fn submit(&mut self, list: &[Dispatch], speed: &mut Speed) -> Result<(), EngineError> {
        let mut rest = list;
        while !rest.is_empty() {
            let mut piece = 1;
            while piece < rest.len() && speed.estimate(self.cost + cost(&rest[..=piece])) <= AHEAD_MS {
                piece += 1;
            }
            let (now, later) = rest.split_at(piece);
            let mut encoder = encoder(self.device);
            record(&mut encoder, now);
            if self.cost == 0.0 {
                self.began = now_ms();
            }
            self.device.queue.submit([encoder.finish()]);
            self.cost += cost(now);
            self.passes += 1;
            rest = later;
            if !rest.is_empty() || speed.estimate(self.cost) >= AHEAD_MS {
                self.land(speed).await?;
            }
        }
        Ok(())
    }

    /// Compute passes so far.
    pub fn passes(&self) -> u32 {
        self.passes
    }

    /// Waits for what is under way, unless the page stops us.
    pub async fn land(&mut self, speed: &mut Speed) -> Result<(), EngineError> {
        if self.cost > 0.0 {
            self.device.done(self.pace).await?;
            speed.learn(self.cost, now_ms() - self.began);
            self.cost = 0.0;
        }
        self.pace.breathe().await
    }
}

/// An encoder for one submission.
pub fn encoder(device: &Device) -> wgpu::CommandEncoder {
    device.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
}

/// Records lists as one compute pass.
pub fn record<'a>(encoder: &mut wgpu::CommandEncoder, list: impl IntoIterator<Item = &'a Dispatch>) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for Dispatch { pipeline, bindings, groups: [x, y, z], .. } in list {
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.dispatch_workgroups(*x, *y, *z);
    }
}
