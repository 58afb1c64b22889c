//! Runs one kernel on a device, for the comparisons with their twins.

use super::{Kernel, Shape, padded, rows::Tile};
use crate::engine::{
    gpu::{buffers::buffer, device::Device, layout, pipelines::Pipelines, submit, upload},
    pace::Pace,
    quant::Format,
};
use half::f16;
use pollster::block_on;
use wgpu::BufferUsages;

/// Lengths that are no multiples of anything: five blocks and two thirds, three heads to one, half of a head rotated.
pub const AWKWARD: Shape = Shape {
    embedding: 180,
    heads: 9,
    kv_heads: 3,
    head_dim: 20,
    rope_dims: 12,
    feed_forward: 101,
    vocab: 2051,
    context: 150,
    chunk: 8,
    epsilon: 1e-5,
};

/// Opens a device, or says why the caller skips its test.
pub fn device(test: &str) -> Option<Device> {
    block_on(Device::open(true, &Pace::new())).inspect_err(|error| eprintln!("SKIPPED {test}: {error}")).ok()
}

/// Both kinds of tile for both kinds of work.
pub fn tiles(cols: u32) -> impl Iterator<Item = Tile> {
    [true, false].into_iter().flat_map(move |software| [1, 8].map(|tokens| Tile::new(software, cols, tokens)))
}

/// Runs a kernel once, with `buffers` (words) bound in their order, and brings back what it left in them.
pub fn run(device: &Device, kernel: Kernel, buffers: &mut [Vec<u32>]) {
    let label = kernel.shader.label();
    let bound: Vec<_> = block_on(device.checked(&Pace::new(), async || {
        let pipeline = Pipelines::default().get(device, kernel.shader);
        let bound: Vec<_> = buffers
            .iter()
            .map(|words| {
                let usage = BufferUsages::STORAGE | BufferUsages::UNIFORM | BufferUsages::COPY_SRC;
                let bound = buffer(device, "bound", 4 * words.len() as u64, usage);
                device.queue.write_buffer(&bound, 0, bytemuck::cast_slice(words));
                bound
            })
            .collect();
        let entries: Vec<_> = (0..)
            .zip(&bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = device.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        let mut encoder = submit::encoder(device);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&pipeline.pipeline);
            pass.set_bind_group(0, &bindings, &[]);
            let [x, y, z] = kernel.groups;
            pass.dispatch_workgroups(x, y, z);
        }
        device.queue.submit([encoder.finish()]);
        Ok(bound)
    }))
    .unwrap_or_else(|error| panic!("{label}: {error}"));
    for (words, bound) in buffers.iter_mut().zip(&bound) {
        let copy = device.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bound.size(),
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = submit::encoder(device);
        encoder.copy_buffer_to_buffer(bound, 0, &copy, 0, bound.size());
        device.queue.submit([encoder.finish()]);
        *words =
            block_on(device.read(&copy, words.len(), &Pace::new())).unwrap_or_else(|error| panic!("{label}: {error}"));
    }
}

/// A generator of test numbers: a linear congruence is enough.
pub struct Numbers(pub u32);

impl Numbers {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// In [-1, 1).
    pub fn signed(&mut self) -> f32 {
        self.next() as f32 / (1 << 23) as f32 - 1.0
    }

    /// Rows of `length` numbers, each padded with zeros to `stride`.
    pub fn rows(&mut self, count: u32, length: u32, stride: u32) -> Vec<f32> {
        (0..count * stride).map(|i| if i % stride < length { self.signed() } else { 0.0 }).collect()
    }
}

/// A matrix as its kernel binds it and as it is.
pub struct Weights {
    pub quants: Vec<u32>,
    pub scales: Vec<u32>,
    /// Per row, `cols` numbers.
    pub rows: Vec<Vec<f32>>,
}

/// All blocks' scale.
const Q4_0_SCALE: f32 = -0.11;

/// All blocks' minimum.
const Q4_1_MINIMUM: f32 = -0.9;

/// Random weights of about unit size.
pub fn weights(numbers: &mut Numbers, format: Format, rows: u32, cols: u32) -> Weights {
    let (mut quants, mut scales) = (Vec::new(), Vec::new());
    let half = |number: f32| f16::from_f32(number).to_le_bytes();
    let mut decoded = Vec::new();
    for _ in 0..rows {
        let mut row = Vec::new();
        while row.len() < cols as usize {
            let left = (cols as usize - row.len()).min(32);
            let mut bytes = |count: usize| (0..count).map(|_| numbers.next() as u8).collect::<Vec<u8>>();
            let block: Vec<u8> = match format {
                Format::F32 => (0..left).flat_map(|_| numbers.signed().to_le_bytes()).collect(),
                Format::F16 => (0..left).flat_map(|_| half(numbers.signed())).collect(),
                Format::Q8_0 => [&half(0.008)[..], &bytes(32)].concat(),
                Format::Q4_0 => [&half(Q4_0_SCALE)[..], &bytes(16)].concat(),
                Format::Q4_1 => [&half(0.13)[..], &half(Q4_1_MINIMUM), &bytes(16)].concat(),
            };
            upload::pack(format, &block, &mut quants, &mut scales);
            let mut out = vec![0.0; left.max(format.block_len())];
            format.decode_row(&block, &mut out);
            row.extend(out);
        }
        row.truncate(cols as usize);
        decoded.push(row);
    }
    // An odd last row is followed by zeros.
    if rows % 2 == 1 {
        quants.resize(quants.len() + padded(cols) as usize / 32 * layout::quant_bytes(format), 0);
        scales.resize(scales.len() + padded(cols) as usize / 32 * 4, 0);
    }
    let words = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word)).collect::<Vec<u32>>();
    let mut scales = words(&scales);
    scales.resize(scales.len().max(4), 0);
    Weights { quants: words(&quants), scales, rows: decoded }
}

/// A length of rows that the format can store.
pub fn storable(format: Format, length: u32) -> u32 {
    if format.block_len() == 1 { length } else { padded(length) }
}

/// `shared/state.wgsl`
pub fn state(shape: &Shape, position: u32, tokens: &[u32]) -> Vec<u32> {
    let mut state = vec![position, tokens.len() as u32, 0, 0];
    state.extend_from_slice(tokens);
    state.resize(4 + shape.chunk as usize, 0);
    state
}

/// Σ a · b
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Σ w · x for a row of weights that [`weights`] made, with x quantised where they are.
pub fn product(format: Format, weights: &[f32], x: &[f32]) -> f64 {
    let half = |number: f32| f16::from_f32(number).to_f32();
    // What is the same for all weights of a block meets the sum of their inputs, which is rounded by itself.
    let offset = match format {
        Format::F32 | Format::F16 => return dot(weights, x),
        Format::Q8_0 => 0.0,
        Format::Q4_0 => -8.0 * half(Q4_0_SCALE),
        Format::Q4_1 => half(Q4_1_MINIMUM),
    };
    let mut total = 0.0;
    for (weights, x) in weights.chunks(32).zip(x.chunks(32)) {
        let scale = x.iter().fold(0.0_f32, |largest, x| largest.max(x.abs())) / 127.0;
        let q: Vec<f32> = x.iter().map(|x| (x * (1.0 / scale)).round_ties_even()).collect();
        let scaled: Vec<f32> = weights.iter().map(|w| w - offset).collect();
        total += dot(&scaled, &q) * f64::from(half(scale));
        total += f64::from(offset * half(scale * q.iter().sum::<f32>()));
    }
    total
}

/// x ∘ g / rms(x), in single precision: what is quantised next must have the kernel's last bits.
pub fn normed(x: &[f32], gain: &[f32], epsilon: f32) -> Vec<f32> {
    let mut sums = [0.0_f32; 8];
    for (i, x) in x.iter().enumerate() {
        sums[i % 8] += x * x;
    }
    let factor = 1.0 / (sums.iter().sum::<f32>() / x.len() as f32 + epsilon).sqrt();
    x.iter().zip(gain).map(|(x, g)| x * factor * g).collect()
}

pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

pub fn floats(words: &[u32]) -> Vec<f32> {
    words.iter().map(|word| f32::from_bits(*word)).collect()
}

/// Each number of the kernel is its twin's, to within `tolerance` of its size or of one.
pub fn assert_close(what: &str, kernel: &[f32], twin: &[f32], tolerance: f32) {
    assert_eq!(kernel.len(), twin.len(), "{what}");
    for (index, (kernel, twin)) in kernel.iter().zip(twin).enumerate() {
        assert!(distance(*kernel, *twin) <= tolerance, "{what}: element {index} is {kernel}, its twin {twin}");
    }
}

/// As [`assert_close`] for products with quantised inputs: a device's last bit may decide to which whole number one
/// of them is rounded, which then shows in all rows of that token, but by no more than that.
pub fn assert_product(what: &str, kernel: &[f32], twin: &[f32], tolerance: f32) {
    assert_close(what, kernel, twin, 0.1);
    let far = kernel.iter().zip(twin).filter(|(kernel, twin)| distance(**kernel, **twin) > tolerance).count();
    assert!(far * 4 <= twin.len(), "{what}: {far} of {} elements are not their twins", twin.len());
}

fn distance(kernel: f32, twin: f32) -> f32 {
    let distance = (kernel - twin).abs() / twin.abs().max(1.0);
    if distance.is_nan() { f32::INFINITY } else { distance }
}
