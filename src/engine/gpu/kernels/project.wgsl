// x(t) += W · y(t): attention's output and the feed-forward's return to the residual stream.

@group(0) @binding(0)
var<storage, read> input_values: array<vec4<f32>>; // (TOKENS, BLOCKS * 8)
@group(0) @binding(1)
var<storage, read> weights_quants: array<vec4<u32>>; // (PART_PAIRS * 2, BLOCKS, words of a block / 4)
@group(0) @binding(2)
var<storage, read> weights_scales: array<u32>; // (PART_PAIRS * 2, BLOCKS)
@group(0) @binding(3)
var<storage, read_write> hidden: array<vec2<f32>>; // (TOKENS, HIDDEN / 2)

fn input_row(token: u32) -> u32 {
    return token;
}

fn store(pair: u32, token: u32, sum: vec2<f32>) {
    hidden[(token * HIDDEN + PART_FIRST) / 2u + pair] += sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    rows(workgroup_id.x, local);
}
