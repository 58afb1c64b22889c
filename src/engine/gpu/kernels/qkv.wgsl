// (q, k, v)(t) = W · (x(t) ∘ g / rms(x(t))); q and k are turned by RoPE, k and v go to the cache.

@group(0) @binding(0)
var<uniform> state: State;
@group(0) @binding(1)
var<storage, read> hidden: array<vec4<f32>>; // (TOKENS, BLOCKS * 8)
@group(0) @binding(2)
var<storage, read> gain: array<vec4<f32>>; // (BLOCKS * 8)
@group(0) @binding(3)
var<storage, read> weights_quants: array<vec4<u32>>; // (PART_PAIRS * 2, BLOCKS, words of a block / 4)
@group(0) @binding(4)
var<storage, read> weights_scales: array<u32>; // (PART_PAIRS * 2, BLOCKS)
@group(0) @binding(5)
var<storage, read> turns: array<vec2<f32>>; // (CONTEXT, ROPE_DIMS / 2) of (cos, sin)
@group(0) @binding(6)
var<storage, read_write> query: array<vec2<f32>>; // (TOKENS, Q_DIM / 2)
@group(0) @binding(7)
var<storage, read_write> cache: array<u32>; // (2, KV_HEADS, CONTEXT, HEAD_DIM / 2) of two halves: keys, then values

const KV_DIM: u32 = KV_HEADS * HEAD_DIM;
const LARGEST_HALF: f32 = 65504.0;

fn input_row(token: u32) -> u32 {
    return token;
}

// Rows count through q, then k, then v; a pair never straddles two of them, for a head's length is even.
fn store(pair: u32, token: u32, sum: vec2<f32>) {
    if token >= state.count {
        return;
    }
    let row = PART_FIRST + pair * 2u;
    let position = state.position + token;
    var value = sum;
    let element = row % HEAD_DIM;
    if row < Q_DIM + KV_DIM && element < ROPE_DIMS {
        let turn = turns[position * (ROPE_DIMS / 2u) + element / 2u];
        value = vec2<f32>(value.x * turn.x - value.y * turn.y, value.x * turn.y + value.y * turn.x);
    }
    // Attention's inputs have half precision.
    value = half(clamp(value, vec2<f32>(-LARGEST_HALF), vec2<f32>(LARGEST_HALF)));
    if row < Q_DIM {
        query[(token * Q_DIM + row) / 2u] = value;
        return;
    }
    // Values' heads follow the keys'.
    let head = (row - Q_DIM) / HEAD_DIM;
    let at = (head * CONTEXT + position) * (HEAD_DIM / 2u) + element / 2u;
    cache[at] = pack2x16float(value);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    rows(workgroup_id.x, local);
}
