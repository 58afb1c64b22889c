// x(t) = W[token(t)].

@group(0) @binding(0)
var<uniform> state: State;
@group(0) @binding(1)
var<storage, read> weights_quants: array<vec4<u32>>; // (PART_ROWS, BLOCKS, words of a block / 4)
@group(0) @binding(2)
var<storage, read> weights_scales: array<u32>; // (PART_ROWS, BLOCKS)
@group(0) @binding(3)
var<storage, read_write> hidden: array<vec4<f32>>; // (CHUNK_TOKENS, BLOCKS * 8)

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let block = id.x;
    let token = id.y;
    if block >= BLOCKS || token >= state.count {
        return;
    }
    // A token of another part wraps to a large row.
    let row = state.tokens[token / 4u][token % 4u] - PART_FIRST;
    if row >= PART_ROWS {
        return;
    }
    let weights = weights_block(row * BLOCKS + block);
    #for i in 8
    hidden[(token * BLOCKS + block) * 8u + $iu] = weights.numbers[$i] * weights.scale + weights.offset;
    #end
}
