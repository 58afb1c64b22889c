// Where the model reads: written by the host before a chunk of a prompt, advanced by the sampling kernel after that.
struct State {
    position: u32, // of the chunk's first token
    count: u32, // tokens in the chunk, 1 ..= CHUNK_TOKENS
    unused_0: u32,
    unused_1: u32,
    tokens: array<vec4<u32>, CHUNK_TOKENS / 4u>, // (CHUNK_TOKENS)
}
