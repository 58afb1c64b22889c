// A pair of rows is two neighbours of one matrix.
const FIRST_INTEGER: bool = weights_INTEGER;
const SECOND_INTEGER: bool = weights_INTEGER;

fn first_block(pair: u32, block: u32) -> Block {
    return weights_block(pair * 2u * BLOCKS + block);
}

fn second_block(pair: u32, block: u32) -> Block {
    return weights_block((pair * 2u + 1u) * BLOCKS + block);
}
