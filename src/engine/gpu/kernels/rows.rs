//! `shared/rows.wgsl`: rows of weights times inputs, the heart of every matrix kernel.

use super::{BLOCK, Kernel};
use crate::engine::gpu::shader::Shader;

pub const ARITHMETIC: &str = include_str!("shared/arithmetic.wgsl");
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

    /// Parts in which a norm's squares are summed. Two vectors of four are the eight sums of the CPU.
    fn parts(self) -> u32 {
        if self.lanes == 1 { 2 } else { 16 }
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
        .with(ARITHMETIC)
        .with(ROWS)
        .count("WORKGROUP", tile.workgroup)
        .count("LANES", tile.lanes)
        .count("PARTS", tile.parts())
        .count("PAIRS", tile.pairs)
        .count("TOKENS", tile.tokens)
        .count("BLOCKS", cols / BLOCK)
        .count("PART_PAIRS", pairs);
    Kernel { shader, groups: [pairs.div_ceil(tile.reach()), 1, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::kernels::testing::{Numbers, bits, device, floats, run};
    use half::f16;

    const SOURCE: &str = "
        @group(0) @binding(0)
var<storage, read> x: array<f32>; // (256 * 64)
        @group(0) @binding(1)
var<storage, read_write> y: array<vec4<f32>>; // (256 * 64) of x rounded to half precision, e^x, |x| / 127, unused
        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            let x = x[id.x];
            y[id.x] = vec4<f32>(half(vec2<f32>(0.0, x)).y, exponential(x), quotient(abs(x), 127.0), 0.0);
        }
    ";

    #[test]
    fn arithmetic_is_the_cpu_s() {
        let Some(device) = device("arithmetic_is_the_cpu_s") else { return };
        let mut numbers = Numbers(9);
        // From where half precision holds nothing to beyond where e^x leaves single precision.
        let mut x: Vec<f32> = (0..256 * 64).map(|i| 256.0 * numbers.signed() * 0.5_f32.powi(i % 36)).collect();
        // Halfway between two numbers of half precision, normal and not, and just beside.
        let ties = [2049.0, 2051.0, 0.5 + 2.0_f32.powi(-12), 2.5 / 16_777_216.0, 3.5 / 16_777_216.0, 6.1e-5, 0.0];
        for (i, tie) in ties.into_iter().enumerate() {
            for (j, number) in [tie, -tie, tie.next_up(), tie.next_down()].into_iter().enumerate() {
                x[4 * i + j] = number;
            }
        }
        let mut buffers = [bits(&x), vec![0; 4 * x.len()]];
        let shader = Shader::new("arithmetic", SOURCE).with(ARITHMETIC);
        run(&device, Kernel { shader, groups: [256, 1, 1] }, &mut buffers);
        for (x, y) in x.into_iter().zip(floats(&buffers[1]).chunks(4)) {
            assert_eq!(y[0], f16::from_f32(x).to_f32(), "{x} rounded");
            let power = f64::from(x.clamp(-87.0, 87.0)).exp();
            assert!((f64::from(y[1]) / power - 1.0).abs() < 1e-6, "e^{x} is {power}, not {}", y[1]);
            let part = x.abs() / 127.0;
            assert!((y[2] - part).abs() <= part * 3e-7 + f32::MIN_POSITIVE, "{x} / 127 is {part}, not {}", y[2]);
        }
    }
}
