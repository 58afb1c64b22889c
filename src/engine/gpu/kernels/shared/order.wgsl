// The order of candidates: the larger logit first, then the lower token.
fn before(logit_a: f32, id_a: u32, logit_b: f32, id_b: u32) -> bool {
    return logit_a > logit_b || (logit_a == logit_b && id_a < id_b);
}
