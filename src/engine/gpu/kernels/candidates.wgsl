// The KEEP best tokens of each chunk of logits, best first.

@group(0) @binding(0)
var<storage, read> sampling: Sampling;
@group(0) @binding(1)
var<storage, read> logits: array<f32>; // (VOCAB)
@group(0) @binding(2)
var<storage, read_write> candidates: array<vec2<u32>>; // (chunks, KEEP) of (bits of the logit, token)

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    load_chunk(workgroup_id.x, local);
    sort_chunk(local);
    for (var i = local; i < KEEP; i += WORKGROUP) {
        candidates[workgroup_id.x * KEEP + i] = vec2<u32>(bitcast<u32>(sh_logits[i]), sh_ids[i]);
    }
}
