// y(t) = silu(G · n(t)) ∘ (U · n(t)) with n(t) = x(t) ∘ g / rms(x(t)): SwiGLU (Shazeer 2020).

@group(0) @binding(0)
var<storage, read> hidden: array<vec4<f32>>; // (TOKENS, BLOCKS * 8)
@group(0) @binding(1)
var<storage, read> gain: array<vec4<f32>>; // (BLOCKS * 8)
@group(0) @binding(2)
var<storage, read> gate_quants: array<vec4<u32>>; // (PART_PAIRS, BLOCKS, words of a block / 4)
@group(0) @binding(3)
var<storage, read> gate_scales: array<u32>; // (PART_PAIRS, BLOCKS)
@group(0) @binding(4)
var<storage, read> up_quants: array<vec4<u32>>; // (PART_PAIRS, BLOCKS, words of a block / 4)
@group(0) @binding(5)
var<storage, read> up_scales: array<u32>; // (PART_PAIRS, BLOCKS)
@group(0) @binding(6)
var<storage, read_write> output: array<f32>; // (TOKENS, OUTPUT)

fn input_row(token: u32) -> u32 {
    return token;
}

// A pair of rows is one of each matrix.
const FIRST_INTEGER: bool = gate_INTEGER;
const SECOND_INTEGER: bool = up_INTEGER;

fn first_block(pair: u32, block: u32) -> Block {
    return gate_block(pair * BLOCKS + block);
}

fn second_block(pair: u32, block: u32) -> Block {
    return up_block(pair * BLOCKS + block);
}

fn store(pair: u32, token: u32, sum: vec2<f32>) {
    output[token * OUTPUT + PART_FIRST + pair] = sum.x / (1.0 + exponential(-sum.x)) * sum.y;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    rows(workgroup_id.x, local);
}
