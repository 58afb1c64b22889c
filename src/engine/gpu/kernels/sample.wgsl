// The next token, chosen among the best candidates, and everything moves on by one position.

@group(0) @binding(0)
var<storage, read_write> state: State;
@group(0) @binding(1)
var<storage, read_write> sampling: Sampling;
@group(0) @binding(2)
var<storage, read> candidates: array<vec2<u32>>; // (CANDIDATES) of (bits of the logit, token)
@group(0) @binding(3)
var<storage, read_write> sampled: array<u32>; // (SAMPLED) token ids, a ring indexed by the step

var<workgroup> sh_logits: array<f32, CHUNK>; // (CHUNK) the KEEP best so far, then new candidates
var<workgroup> sh_ids: array<u32, CHUNK>; // (CHUNK) the tokens that they belong to

// Uniform in [0, 1): a PCG hash (O'Neill 2014; Jarzynski and Olano 2020) of the seed and the step.
fn uniform_number(seed: u32, step: u32) -> f32 {
    let s = (seed ^ (step * 0x9E3779B9u)) * 747796405u + 2891336453u;
    let w = ((s >> ((s >> 28u) + 4u)) ^ s) * 277803737u;
    let r = (w >> 22u) ^ w;
    return f32(r >> 8u) / 16777216.0;
}

// The index of the chosen candidate. The steps and their order are engine::sampler's.
fn choose() -> u32 {
    if sampling.temperature <= 0.0 {
        return 0u;
    }
    var kept = KEEP;
    if sampling.top_k > 0u {
        kept = min(sampling.top_k, KEEP);
    }
    while kept > 1u && sh_ids[kept - 1u] == NO_TOKEN {
        kept -= 1u;
    }
    let largest = sh_logits[0];
    var total = 0.0;
    for (var i = 0u; i < kept; i++) {
        total += exp(sh_logits[i] - largest);
    }
    var cumulative = 0.0;
    if sampling.top_p < 1.0 {
        for (var i = 0u; i < kept; i++) {
            cumulative += exp(sh_logits[i] - largest) / total;
            if cumulative >= sampling.top_p {
                kept = i + 1u;
            }
        }
    }
    // The likeliest weighs 1, so that the weights are shares of it.
    while kept > 1u && exp(sh_logits[kept - 1u] - largest) < sampling.min_p {
        kept -= 1u;
    }

    total = 0.0;
    for (var i = 0u; i < kept; i++) {
        total += exp((sh_logits[i] - largest) / sampling.temperature);
    }
    let mark = uniform_number(sampling.seed, sampling.step) * total;
    cumulative = 0.0;
    for (var i = 0u; i < kept; i++) {
        cumulative += exp((sh_logits[i] - largest) / sampling.temperature);
        if cumulative > mark {
            return i;
        }
    }
    return kept - 1u;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
    for (var i = local; i < KEEP; i += WORKGROUP) {
        sh_logits[i] = LOWEST;
        sh_ids[i] = NO_TOKEN;
    }
    for (var begin = 0u; begin < CANDIDATES; begin += CHUNK - KEEP) {
        for (var i = KEEP + local; i < CHUNK; i += WORKGROUP) {
            let at = begin + i - KEEP;
            let candidate = candidates[min(at, CANDIDATES - 1u)];
            sh_logits[i] = select(LOWEST, bitcast<f32>(candidate.x), at < CANDIDATES);
            sh_ids[i] = select(NO_TOKEN, candidate.y, at < CANDIDATES);
        }
        workgroupBarrier();
        sort_chunk(local);
    }
    if local == 0u {
        let token = sh_ids[choose()];
        sampled[sampling.step % SAMPLED] = token;
        sampling.recent[sampling.oldest] = token;
        sampling.oldest = (sampling.oldest + 1u) % RECENT;
        sampling.step += 1u;
        state.position += state.count;
        state.count = 1u;
        state.tokens[0].x = token;
    }
}
