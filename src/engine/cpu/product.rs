//! Matrix times activations, for any format and in both arithmetics.

use super::{
    Arithmetic, plain,
    quantised::{self, Block},
    vector,
    weights::Matrix,
    zeros,
};
use crate::engine::{
    error::EngineError,
    pace::Pace,
    quant::{Format, q4_0, q4_1, q8_0},
};
use std::ops::Range;

/// Multiplications after which the page is heard: a few milliseconds on a slow device.
const BREATH: usize = 1 << 22;

/// The activations that one or several matrices are multiplied with, as each arithmetic wants them.
pub struct Input {
    arithmetic: Arithmetic,
    /// (tokens, cols)
    plain: Vec<f32>,
    /// (tokens, cols / 32), for [`Arithmetic::Integer`]
    blocks: Vec<Block>,
    /// A decoded row of weights (cols).
    row: Vec<f32>,
    cols: usize,
}

impl Input {
    /// Room for `tokens` rows of at most `cols` activations.
    pub fn new(tokens: usize, cols: usize) -> Result<Self, EngineError> {
        let purpose = "the activations";
        Ok(Self {
            arithmetic: Arithmetic::Float,
            plain: zeros(tokens * cols, purpose)?,
            blocks: zeros(tokens * cols / quantised::LEN, purpose)?,
            row: zeros(cols, purpose)?,
            cols: 0,
        })
    }

    /// Lets `fill` write `tokens` rows of `cols` activations, and prepares them.
    pub fn set(&mut self, arithmetic: Arithmetic, tokens: usize, cols: usize, fill: impl FnOnce(&mut [f32])) {
        self.arithmetic = arithmetic;
        self.cols = cols;
        let plain = &mut self.plain[..tokens * cols];
        fill(plain);
        // Where the rows are not whole blocks, no matrix that they meet is quantised either.
        if !arithmetic.is_float() && cols.is_multiple_of(quantised::LEN) {
            quantised::quantise(plain, &mut self.blocks);
        }
    }

    /// `out[t][r] = matrix[r] · input[t]` for the first `tokens`: out (tokens, matrix.rows).
    pub async fn multiply(
        &mut self,
        matrix: &Matrix,
        tokens: usize,
        out: &mut [f32],
        pace: &Pace,
    ) -> Result<(), EngineError> {
        debug_assert_eq!(matrix.cols, self.cols, "the matrix is for another input");
        let rows = (BREATH / (matrix.cols * tokens).max(1)).max(1).next_multiple_of(4);
        for first in (0..matrix.rows).step_by(rows) {
            self.multiply_rows(matrix, tokens, first..matrix.rows.min(first + rows), out);
            pace.breathe().await?;
        }
        Ok(())
    }

    /// A range of the rows.
    fn multiply_rows(&mut self, matrix: &Matrix, tokens: usize, range: Range<usize>, out: &mut [f32]) {
        let blocks = matrix.cols / quantised::LEN;
        let x = self.blocks.get(..tokens * blocks).unwrap_or_default();
        let bytes = &matrix.bytes[..];
        if self.arithmetic.is_float() {
            return self.decoded(matrix, tokens, range, out);
        }
        match matrix.format {
            Format::Q4_0 => {
                quantised::multiply::<{ q4_0::BYTES }>(bytes.as_chunks().0, blocks, range, x, out);
            }
            Format::Q4_1 => {
                quantised::multiply::<{ q4_1::BYTES }>(bytes.as_chunks().0, blocks, range, x, out);
            }
            Format::Q8_0 => {
                quantised::multiply::<{ q8_0::BYTES }>(bytes.as_chunks().0, blocks, range, x, out);
            }
            Format::F16 | Format::F32 => self.decoded(matrix, tokens, range, out),
        }
    }

    /// In single precision: decodes a row and multiplies it with every token.
    fn decoded(&mut self, matrix: &Matrix, tokens: usize, range: Range<usize>, out: &mut [f32]) {
        let float = self.arithmetic.is_float();
        let row = &mut self.row[..matrix.cols];
        for index in range {
            if matrix.format == Format::F16 && !float {
                vector::widen(matrix.row(index), row);
            } else {
                matrix.format.decode_row(matrix.row(index), row);
            }
            for (t, x) in self.plain.chunks_exact(matrix.cols).take(tokens).enumerate() {
                out[t * matrix.rows + index] = if float { plain::dot(row, x) } else { vector::dot(row, x) };
            }
        }
    }
}
