// How the next token is chosen: written by the host before an answer, advanced by the sampling kernel.
struct Sampling {
    temperature: f32,
    top_p: f32,
    min_p: f32,
    penalty: f32,
    top_k: u32,
    seed: u32,
    step: u32, // tokens sampled before in this answer
    oldest: u32, // index into recent that the next token takes
    recent: array<u32, RECENT>, // (RECENT) token ids, a ring; NO_TOKEN where there was none
}

const NO_TOKEN: u32 = 0xFFFFFFFFu;
// Below every logit.
const LOWEST: f32 = -3.4028234e38;
