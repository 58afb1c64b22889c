//! Buffers on the device: weights by rows, and what a token leaves behind on its way through the model.

use super::{
    device::Device,
    kernels::{BLOCK, CHUNK, KEEP, RECENT, SAMPLED, Shape, padded},
    layout,
};
use crate::engine::{error::EngineError, quant::Format};
use wgpu::BufferUsages;

/// A matrix, repacked for the kernels and split by rows where a binding cannot hold all of it.
#[derive(Debug)]
pub struct Matrix {
    pub format: Format,
    pub rows: u32,
    pub cols: u32,
    pub parts: Vec<Rows>,
}

/// Consecutive rows of a matrix in buffers of their own.
#[derive(Debug)]
pub struct Rows {
    /// The first row's number in the matrix.
    pub first: u32,
    pub rows: u32,
    /// (rows, blocks, words of a block)
    pub quants: wgpu::Buffer,
    /// (rows, blocks) of two halves; a placeholder where the format has none.
    pub scales: wgpu::Buffer,
}

impl Matrix {
    /// Allocates a matrix, `part_rows` rows to a buffer.
    pub fn new(device: &Device, format: Format, rows: u32, cols: u32, part_rows: u32) -> Self {
        let blocks = u64::from(padded(cols) / BLOCK);
        let weights = |bytes: u64| buffer(device, "weights", bytes, BufferUsages::STORAGE);
        let parts = (0..rows)
            .step_by(part_rows as usize)
            .map(|first| {
                let rows = part_rows.min(rows - first);
                // Kernels take rows by pairs: an odd last one is followed by zeros.
                let blocks = u64::from(rows.next_multiple_of(2)) * blocks;
                let scales = if layout::has_scales(format) { 4 * blocks } else { 4 };
                Rows {
                    first,
                    rows,
                    quants: weights(blocks * layout::quant_bytes(format) as u64),
                    scales: weights(scales),
                }
            })
            .collect();
        Self { format, rows, cols, parts }
    }

    /// Blocks of a row.
    pub fn blocks(&self) -> u32 {
        padded(self.cols) / BLOCK
    }

    /// Bytes of one row's quants.
    pub fn row_bytes(format: Format, cols: u32) -> u64 {
        u64::from(padded(cols) / BLOCK) * layout::quant_bytes(format) as u64
    }
}

/// The most rows whose quants fit a binding: an even number, for kernels take rows by pairs.
pub fn rows_per_part(device: &Device, format: Format, cols: u32) -> Result<u32, EngineError> {
    let rows = device.max_binding() / Matrix::row_bytes(format, cols).max(1);
    match u32::try_from(rows).unwrap_or(u32::MAX) & !1 {
        0 => Err(EngineError::GpuOutOfMemory("a row of the model does not fit the device's bindings".to_owned())),
        rows => Ok(rows),
    }
}

/// Everything that is not a weight.
#[derive(Debug)]
pub struct Activations {
    /// `shared/state.wgsl`
    pub state: wgpu::Buffer,
    /// `shared/sampling.wgsl`
    pub sampling: wgpu::Buffer,
    /// (chunk, hidden)
    pub hidden: wgpu::Buffer,
    /// (chunk, q_dim)
    pub query: wgpu::Buffer,
    /// (chunk, attended)
    pub attended: wgpu::Buffer,
    /// (chunk, inner)
    pub inner: wgpu::Buffer,
    /// (vocab), rounded up to a pair
    pub logits: wgpu::Buffer,
    /// (chunks of logits, KEEP) of (logit, token)
    pub candidates: wgpu::Buffer,
    /// (SAMPLED) token ids
    pub sampled: wgpu::Buffer,
    /// (SAMPLED) token ids, for the host
    pub readback: wgpu::Buffer,
    /// (context, rope_dims / 2) of (cos, sin)
    pub turns: wgpu::Buffer,
    /// One for each layer: (2, kv_heads, context, head_dim / 2) of two halves: keys, then values
    pub caches: Vec<wgpu::Buffer>,
}

impl Activations {
    /// Allocates them, or refuses a cache that no binding could hold.
    pub fn new(device: &Device, shape: &Shape, layers: usize) -> Result<Self, EngineError> {
        let (storage, source) = (BufferUsages::STORAGE, BufferUsages::STORAGE | BufferUsages::COPY_SRC);
        let floats = |label, count: u64, usage| buffer(device, label, 4 * count, usage);
        let chunk = |width: u32| u64::from(shape.chunk) * u64::from(width);
        let context = u64::from(shape.context);
        let cache = context * u64::from(shape.kv_dim());
        let turns = context * u64::from(shape.rope_dims);
        if 4 * cache.max(turns) > device.max_binding() {
            return Err(EngineError::GpuOutOfMemory(format!(
                "a context of {context} positions does not fit the device's bindings"
            )));
        }
        Ok(Self {
            state: floats("state", 4 + u64::from(shape.chunk), storage | BufferUsages::UNIFORM),
            sampling: floats("sampling", 8 + u64::from(RECENT), storage),
            hidden: floats("hidden", chunk(shape.hidden()), storage),
            query: floats("query", chunk(shape.q_dim()), storage),
            attended: floats("attended", chunk(shape.attended()), storage),
            inner: floats("inner", chunk(shape.inner()), storage),
            logits: floats("logits", u64::from(shape.vocab.next_multiple_of(2)), source),
            candidates: floats("candidates", 2 * u64::from(shape.vocab.div_ceil(CHUNK) * KEEP), storage),
            sampled: floats("sampled", u64::from(SAMPLED), source),
            readback: device.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("readback"),
                size: 4 * u64::from(SAMPLED),
                usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            turns: floats("turns", turns.max(2), storage),
            caches: (0..layers).map(|_| floats("cache", cache, storage)).collect(),
        })
    }
}

/// A buffer that the host may write. New buffers are zero.
pub fn buffer(device: &Device, label: &str, bytes: u64, usage: BufferUsages) -> wgpu::Buffer {
    device.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: bytes.next_multiple_of(16),
        usage: usage | BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}
