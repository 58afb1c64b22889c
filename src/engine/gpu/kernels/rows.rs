//! `shared/rows.wgsl`: rows of weights times inputs, the heart of every matrix kernel.

use super::{BLOCK, Kernel};
use crate::engine::gpu::shader::Shader;

const ROWS: &str = include_str!("shared/rows.wgsl");
pub const WEIGHTS_ROWS: &str = include_str!("shared/weights_rows.wgsl");
pub const INPUT_PLAIN: &str = include_str!("shared/input_plain.wgsl");
pub const INPUT_NORMED: &str = include_str!("shared/input_normed.wgsl");

/// How the invocations of a workgroup share rows, blocks and inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Invocations.
    pub workgroup: u32,
    /// Invocations that share the blocks of a row; divides `workgroup`.
    pub lanes: u32,
    /// Pairs of rows that an invocation computes.
    pub pairs: u32,
    /// Inputs that it multiplies them with.
    pub tokens: u32,
}

impl Tile {
    /// A tile for rows of `cols` weights.
    ///
    /// A GPU wants many invocations that read neighbouring blocks. A software adapter has few cores, pays for every
    /// barrier and reads a whole row as fast as parts of it, so there an invocation takes rows alone, and more of them.
    pub fn new(software: bool, cols: u32, tokens: u32) -> Self {
        if software {
            return Self { workgroup: 16, lanes: 1, pairs: 2, tokens };
        }
        let blocks = cols / BLOCK;
        // As many lanes as leave at most 30 % of them idle in the last round.
        let busy = |lanes: &u32| blocks * 10 >= blocks.next_multiple_of(*lanes) * 7;
        let lanes = [16, 8, 4, 2].into_iter().find(busy).unwrap_or(2);
        Self { workgroup: 64, lanes, pairs: 1, tokens }
    }

    /// Pairs that a workgroup computes.
    fn reach(self) -> u32 {
        self.workgroup / self.lanes * self.pairs
    }
}

/// A kernel that multiplies `pairs` pairs of rows of `cols` weights. What it binds, stores and where its inputs come
/// from is `source`'s and `input`'s.
pub fn kernel(
    name: &'static str,
    source: &'static str,
    input: &'static str,
    tile: Tile,
    cols: u32,
    pairs: u32,
) -> Kernel {
    let shader = Shader::new(name, source)
        .with(input)
        .with(ROWS)
        .count("WORKGROUP", tile.workgroup)
        .count("LANES", tile.lanes)
        .count("PAIRS", tile.pairs)
        .count("TOKENS", tile.tokens)
        .count("BLOCKS", cols / BLOCK)
        .count("PART_PAIRS", pairs);
    Kernel { shader, groups: [pairs.div_ceil(tile.reach()), 1, 1] }
}
