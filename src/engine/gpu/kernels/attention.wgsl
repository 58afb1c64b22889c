// o(h, t) = Σ_p softmax_p(q(h, t) · k(p) / √HEAD_DIM) · v(p) for p = 0 ..= position(t).
//
// One workgroup for each head and token walks through the positions in chunks of WORKGROUP with an online softmax
// (Milakov and Gimelshein 2018): an invocation scores one position, then sums four elements of the values over
// every GROUPS-th position. Several query heads share one head of keys and values (GQA).

@group(0) @binding(0)
var<uniform> state: State;
@group(0) @binding(1)
var<storage, read> query: array<vec4<f32>>; // (TOKENS, HEADS, VECTORS)
@group(0) @binding(2)
var<storage, read> cache: array<vec2<u32>>; // (2, KV_HEADS, CONTEXT, VECTORS) of four halves: keys, then values
@group(0) @binding(3)
var<storage, read_write> output: array<vec4<f32>>; // (TOKENS, OUTPUT_VECTORS)

// A head's length in vectors of four.
const VECTORS: u32 = HEAD_DIM / 4u;
const GROUPS: u32 = WORKGROUP / VECTORS;
const LOWEST: f32 = -3.4028234e38;

var<workgroup> sh_query: array<vec4<f32>, VECTORS>; // (VECTORS)
var<workgroup> sh_scores: array<f32, WORKGROUP>; // (WORKGROUP) of the chunk's positions
var<workgroup> sh_weights: array<f32, WORKGROUP>; // (WORKGROUP) exp(score − largest so far)
var<workgroup> sh_values: array<vec4<f32>, WORKGROUP>; // (GROUPS, VECTORS)
var<workgroup> sh_totals: array<f32, WORKGROUP>; // (GROUPS, VECTORS), the same along VECTORS

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let head = workgroup_id.x;
    let token = workgroup_id.y;
    if token >= state.count {
        return;
    }
    let length = state.position + token + 1u;
    let kv_head = head / (HEADS / KV_HEADS);
    let keys = kv_head * CONTEXT * VECTORS;
    let values = (KV_HEADS + kv_head) * CONTEXT * VECTORS;
    let vector = local % VECTORS;
    let group = local / VECTORS;

    for (var i = local; i < VECTORS; i += WORKGROUP) {
        sh_query[i] = query[(token * HEADS + head) * VECTORS + i] * inverseSqrt(f32(HEAD_DIM));
    }
    workgroupBarrier();

    var largest = LOWEST;
    var total = 0.0;
    var value = vec4<f32>(0.0);
    for (var begin = 0u; begin < length; begin += WORKGROUP) {
        let inside = begin + local < length;
        var score = LOWEST;
        if inside {
            score = 0.0;
            let at = keys + (begin + local) * VECTORS;
            for (var i = 0u; i < VECTORS; i++) {
                score += dot(sh_query[i], halves(cache[at + i]));
            }
        }
        sh_scores[local] = score;
        workgroupBarrier();

        var peak = largest;
        for (var i = 0u; i < WORKGROUP; i++) {
            peak = max(peak, sh_scores[i]);
        }
        sh_weights[local] = select(0.0, exp(score - peak), inside);
        let shrink = exp(largest - peak);
        largest = peak;
        workgroupBarrier();

        value *= shrink;
        total *= shrink;
        if group < GROUPS {
            for (var i = group; i < min(WORKGROUP, length - begin); i += GROUPS) {
                value += sh_weights[i] * halves(cache[values + (begin + i) * VECTORS + vector]);
                total += sh_weights[i];
            }
        }
    }

    sh_values[local] = value;
    sh_totals[local] = total;
    workgroupBarrier();
    if local < VECTORS {
        for (var other = 1u; other < GROUPS; other++) {
            value += sh_values[other * VECTORS + local];
            total += sh_totals[other * VECTORS + local];
        }
        output[token * OUTPUT_VECTORS + head * VECTORS + local] = value / total;
    }
}
