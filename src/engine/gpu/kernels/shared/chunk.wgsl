// A chunk of logits in workgroup memory, with the penalty for repetition applied once to each distinct recent token.

var<workgroup> sh_logits: array<f32, CHUNK>; // (CHUNK)
var<workgroup> sh_ids: array<u32, CHUNK>; // (CHUNK) the tokens that they belong to

fn load_chunk(chunk: u32, local: u32) {
    for (var i = local; i < CHUNK; i += WORKGROUP) {
        let id = chunk * CHUNK + i;
        let inside = id < VOCAB;
        let logit = logits[min(id, VOCAB - 1u)];
        // A NaN compares with nothing, and so counts as impossible.
        sh_logits[i] = select(LOWEST, logit, inside && logit > LOWEST);
        sh_ids[i] = select(NO_TOKEN, id, inside);
    }
    workgroupBarrier();
    if local < RECENT {
        let id = sampling.recent[local];
        var distinct = true;
        for (var earlier = 0u; earlier < local; earlier++) {
            distinct = distinct && sampling.recent[earlier] != id;
        }
        let at = id - chunk * CHUNK; // wraps to a large number before the chunk
        if distinct && id < VOCAB && at < CHUNK {
            let logit = sh_logits[at];
            sh_logits[at] = select(logit * sampling.penalty, logit / sampling.penalty, logit > 0.0);
        }
    }
    workgroupBarrier();
}
