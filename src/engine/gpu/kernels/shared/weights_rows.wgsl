// A pair of rows is two neighbours of one matrix.

fn first_block(pair: u32, block: u32) -> array<vec4<f32>, 8> {
    return weights_block(pair * 2u * BLOCKS + block);
}

fn second_block(pair: u32, block: u32) -> array<vec4<f32>, 8> {
    return weights_block((pair * 2u + 1u) * BLOCKS + block);
}
