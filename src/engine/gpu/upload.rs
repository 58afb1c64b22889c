//! Weights on their way to the device: repacked block by block as they arrive, and sent in pieces.
//!
//! How they lie there is `layout`'s to say.

use super::{
    buffers::{Matrix, Rows},
    kernels::BLOCK,
    layout::{quant_bytes, scale_bytes},
};
use crate::engine::{error::EngineError, quant::Format};

/// Bytes that are gathered before they are sent: small writes cost more than their bytes, and the memory that a large
/// one takes is never given back.
const PIECE: usize = 256 << 10;

/// Repacks one block of the file, or as many elements as a row ends with.
pub fn pack(format: Format, block: &[u8], quants: &mut Vec<u8>, scales: &mut Vec<u8>) {
    let (scale, numbers) = block.split_at(scale_bytes(format).min(block.len()));
    let end = quants.len() + quant_bytes(format);
    quants.extend_from_slice(numbers);
    quants.resize(end, 0);
    if !scale.is_empty() {
        let end = scales.len() + 4;
        scales.extend_from_slice(scale);
        scales.resize(end, 0);
    }
}

/// A tensor on its way into rows of a matrix.
#[derive(Debug)]
pub struct Upload {
    /// The block of the matrix that comes next, counted through all rows.
    next: u64,
    /// The first block that is gathered and not sent.
    sent: u64,
    /// Bytes of a block that is not complete.
    cut: Vec<u8>,
    quants: Vec<u8>,
    scales: Vec<u8>,
}

impl Upload {
    /// A tensor whose first row is `first_row` of the matrix.
    pub fn new(matrix: &Matrix, first_row: u32) -> Self {
        let next = u64::from(first_row) * u64::from(matrix.blocks());
        Self { next, sent: next, cut: Vec::new(), quants: Vec::new(), scales: Vec::new() }
    }

    /// Takes the tensor's next bytes.
    pub fn write(&mut self, matrix: &Matrix, mut bytes: &[u8], queue: &wgpu::Queue) -> Result<(), EngineError> {
        while !bytes.is_empty() {
            let missing = self.next_block_bytes(matrix) - self.cut.len();
            let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
            bytes = rest;
            if taken.len() < missing {
                self.cut.extend_from_slice(taken);
            } else if self.cut.is_empty() {
                pack(matrix.format, taken, &mut self.quants, &mut self.scales);
                self.step(matrix, queue)?;
            } else {
                let mut block = std::mem::take(&mut self.cut);
                block.extend_from_slice(taken);
                pack(matrix.format, &block, &mut self.quants, &mut self.scales);
                self.step(matrix, queue)?;
            }
        }
        Ok(())
    }

    /// Sends what is left.
    pub fn finish(mut self, matrix: &Matrix, queue: &wgpu::Queue) -> Result<(), EngineError> {
        if !self.cut.is_empty() {
            return Err(EngineError::Internal("a tensor ends within a block".to_owned()));
        }
        self.send(matrix, queue)
    }

    /// Bytes in the file of the block that comes next.
    fn next_block_bytes(&self, matrix: &Matrix) -> usize {
        let column = (self.next % u64::from(matrix.blocks())) as usize * BLOCK as usize;
        let elements = (matrix.cols as usize - column).min(BLOCK as usize);
        elements / matrix.format.block_len() * matrix.format.block_bytes()
    }

    /// A block was gathered: sends where a piece or a part of the matrix is full.
    fn step(&mut self, matrix: &Matrix, queue: &wgpu::Queue) -> Result<(), EngineError> {
        self.next += 1;
        let part_begins = || {
            let blocks = u64::from(matrix.blocks());
            matrix.parts.iter().any(|part| u64::from(part.first) * blocks == self.next)
        };
        if self.quants.len() >= PIECE || (self.next.is_multiple_of(u64::from(matrix.blocks())) && part_begins()) {
            self.send(matrix, queue)?;
        }
        Ok(())
    }

    fn send(&mut self, matrix: &Matrix, queue: &wgpu::Queue) -> Result<(), EngineError> {
        if self.quants.is_empty() {
            return Ok(());
        }
        let blocks = u64::from(matrix.blocks());
        let within = |part: &&Rows| self.sent < u64::from(part.first + part.rows) * blocks;
        let Some(part) = matrix.parts.iter().find(within) else {
            return Err(EngineError::Internal("a tensor is longer than its matrix".to_owned()));
        };
        let at = self.sent - u64::from(part.first) * blocks;
        queue.write_buffer(&part.quants, at * quant_bytes(matrix.format) as u64, &self.quants);
        if !self.scales.is_empty() {
            queue.write_buffer(&part.scales, at * 4, &self.scales);
        }
        self.quants.clear();
        self.scales.clear();
        self.sent = self.next;
        Ok(())
    }
}
