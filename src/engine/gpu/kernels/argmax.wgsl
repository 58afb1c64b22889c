// The best token of each chunk of logits, the lowest of equals.

@group(0) @binding(0)
var<storage, read> sampling: Sampling;
@group(0) @binding(1)
var<storage, read> logits: array<f32>; // (VOCAB)
@group(0) @binding(2)
var<storage, read_write> candidates: array<vec2<u32>>; // (chunks) of (bits of the logit, token)

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    load_chunk(workgroup_id.x, local);
    for (var reach = CHUNK / 2u; reach > 0u; reach >>= 1u) {
        for (var i = local; i < reach; i += WORKGROUP) {
            if before(sh_logits[i + reach], sh_ids[i + reach], sh_logits[i], sh_ids[i]) {
                sh_logits[i] = sh_logits[i + reach];
                sh_ids[i] = sh_ids[i + reach];
            }
        }
        workgroupBarrier();
    }
    if local == 0u {
        candidates[workgroup_id.x] = vec2<u32>(bitcast<u32>(sh_logits[0]), sh_ids[0]);
    }
}
