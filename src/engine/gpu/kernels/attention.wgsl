// o(h, t) = Σ_p softmax_p(q(h, t) · k(p) / √HEAD_DIM) · v(p) for p = 0 ..= position(t).
//
// One workgroup for each head and token walks through the positions in chunks of WORKGROUP; an invocation scores one
// position of each. Several query heads share one head of keys and values (GQA). Sums have the order that
// engine::cpu's have: four positions at a time, in pages as long as our chunks. Sums of products that are added lie in
// workgroup memory between, for compilers take them apart.

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
// A chunk's length in quads of positions, and how many quads' values are mixed at once.
const QUADS: u32 = WORKGROUP / 4u;
const ROUND: u32 = min(QUADS, 128u / VECTORS);
const CHUNKS: u32 = (CONTEXT + WORKGROUP - 1u) / WORKGROUP;
const LOWEST: f32 = -3.4028234e38;

var<workgroup> sh_query: array<vec4<f32>, VECTORS>; // (VECTORS)
var<workgroup> sh_weights: array<vec4<f32>, QUADS>; // (QUADS) a number for each of a chunk's positions
var<workgroup> sh_mixed: array<vec4<f32>, ROUND * 2u * VECTORS>; // (ROUND, 2, VECTORS) the values of two positions

fn share(local: u32, number: f32) {
    workgroupBarrier();
    sh_weights[local / 4u][local % 4u] = number;
    workgroupBarrier();
}

// The elements of vectors i, i + step, … of a key, times the query's.
fn dot_every(at: u32, begin: u32, end: u32, step: u32) -> f32 {
    var sum = vec4<f32>(0.0);
    for (var i = begin; i < end; i += step) {
        sum += sh_query[i] * halves(cache[at + i]);
    }
    return (sum.x + sum.z) + (sum.y + sum.w);
}

fn dot_key(at: u32, in_quad: bool) -> f32 {
    if in_quad {
        return dot_every(at, 0u, VECTORS, 1u);
    }
    // A page's last positions: four sums, the first of which takes the vectors that are left over.
    let whole = VECTORS - VECTORS % 4u;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < VECTORS; i += select(1u, 4u, i < whole)) {
        sum += sh_query[i] * halves(cache[at + i]);
    }
    return (sum.x + sum.z) + (sum.y + sum.w) + dot_every(at, 1u, whole, 4u) + dot_every(at, 2u, whole, 4u)
        + dot_every(at, 3u, whole, 4u);
}

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

    for (var i = local; i < VECTORS; i += WORKGROUP) {
        sh_query[i] = query[(token * HEADS + head) * VECTORS + i];
    }
    workgroupBarrier();

    var weights: array<f32, CHUNKS>; // (CHUNKS) scores of this invocation's positions, then what they become
    var largest = LOWEST;
    for (var chunk = 0u; chunk * WORKGROUP + local < length; chunk++) {
        let position = chunk * WORKGROUP + local;
        let end = min(length, (chunk + 1u) * WORKGROUP);
        weights[chunk] = dot_key(keys + position * VECTORS, position < end - end % 4u) * SCALE;
        largest = max(largest, weights[chunk]);
    }
    share(local, largest);
    for (var i = 0u; i < QUADS; i++) {
        let four = sh_weights[i];
        largest = max(largest, max(max(four.x, four.y), max(four.z, four.w)));
    }

    var totals = vec4<f32>(0.0);
    var rest = 0.0;
    for (var chunk = 0u; chunk * WORKGROUP < length; chunk++) {
        weights[chunk] = exponential(weights[chunk] - largest);
        share(local, weights[chunk]);
        let count = min(WORKGROUP, length - chunk * WORKGROUP);
        for (var i = 0u; i < count / 4u; i++) {
            totals += sh_weights[i];
        }
        for (var i = count - count % 4u; i < count; i++) {
            rest += sh_weights[i / 4u][i % 4u];
        }
    }
    let share_of_one = 1.0 / (totals.x + totals.y + totals.z + totals.w + rest);

    var mixed = vec4<f32>(0.0);
    for (var chunk = 0u; chunk * WORKGROUP < length; chunk++) {
        share(local, weights[chunk] * share_of_one);
        let page = values + chunk * WORKGROUP * VECTORS;
        let count = min(WORKGROUP, length - chunk * WORKGROUP);
        for (var first = 0u; first < count / 4u; first += ROUND) {
            let quads = min(ROUND, count / 4u - first);
            for (var i = local; i < quads * 2u * VECTORS; i += WORKGROUP) {
                let pair = first * 2u + i / VECTORS;
                let four = sh_weights[pair / 2u];
                let weight = select(four.xy, four.zw, pair % 2u == 1u);
                let at = page + pair * 2u * VECTORS + i % VECTORS;
                sh_mixed[i] = weight.x * halves(cache[at]) + weight.y * halves(cache[at + VECTORS]);
            }
            workgroupBarrier();
            if local < VECTORS {
                for (var i = local; i < quads * 2u * VECTORS; i += 2u * VECTORS) {
                    mixed += sh_mixed[i] + sh_mixed[i + VECTORS];
                }
            }
            workgroupBarrier();
        }
        if local < VECTORS {
            for (var i = count - count % 4u; i < count; i++) {
                mixed += sh_weights[i / 4u][i % 4u] * halves(cache[page + i * VECTORS + local]);
            }
        }
    }
    if local < VECTORS {
        output[token * OUTPUT_VECTORS + head * VECTORS + local] = mixed;
    }
}
