// Sorts sh_logits with sh_ids, best first: a bitonic network (Batcher 1968) over CHUNK, a power of two.
fn sort_chunk(local: u32) {
    for (var size = 2u; size <= CHUNK; size <<= 1u) {
        for (var stride = size >> 1u; stride > 0u; stride >>= 1u) {
            for (var i = local; i < CHUNK / 2u; i += WORKGROUP) {
                let a = 2u * i - (i & (stride - 1u));
                let b = a + stride;
                let logit_a = sh_logits[a];
                let logit_b = sh_logits[b];
                let id_a = sh_ids[a];
                let id_b = sh_ids[b];
                if before(logit_b, id_b, logit_a, id_a) == ((a & size) == 0u) {
                    sh_logits[a] = logit_b;
                    sh_logits[b] = logit_a;
                    sh_ids[a] = id_b;
                    sh_ids[b] = id_a;
                }
            }
            workgroupBarrier();
        }
    }
}
