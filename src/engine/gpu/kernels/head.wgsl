// l = W · (x ∘ g / rms(x)) for the last token x of the chunk.

@group(0) @binding(0)
var<uniform> state: State;
@group(0) @binding(1)
var<storage, read> hidden: array<vec4<f32>>; // (CHUNK_TOKENS, BLOCKS * 8)
@group(0) @binding(2)
var<storage, read> gain: array<vec4<f32>>; // (BLOCKS * 8)
@group(0) @binding(3)
var<storage, read> weights_quants: array<vec4<u32>>; // (PART_PAIRS * 2, BLOCKS, words of a block / 4)
@group(0) @binding(4)
var<storage, read> weights_scales: array<u32>; // (PART_PAIRS * 2, BLOCKS)
@group(0) @binding(5)
var<storage, read_write> logits: array<vec2<f32>>; // (VOCAB / 2, rounded up)

fn input_row(token: u32) -> u32 {
    return state.count - 1u;
}

fn store(pair: u32, token: u32, sum: vec2<f32>) {
    logits[PART_FIRST / 2u + pair] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    rows(workgroup_id.x, local);
}
