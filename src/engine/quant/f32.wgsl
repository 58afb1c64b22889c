// w[i], of 32 single-precision numbers.
const weights_INTEGER: bool = false;

fn weights_block(index: u32) -> Block {
    let at = index * 8u;
    return Block(array<vec4<f32>, 8>(
        bitcast<vec4<f32>>(weights_quants[at]),
        bitcast<vec4<f32>>(weights_quants[at + 1u]),
        bitcast<vec4<f32>>(weights_quants[at + 2u]),
        bitcast<vec4<f32>>(weights_quants[at + 3u]),
        bitcast<vec4<f32>>(weights_quants[at + 4u]),
        bitcast<vec4<f32>>(weights_quants[at + 5u]),
        bitcast<vec4<f32>>(weights_quants[at + 6u]),
        bitcast<vec4<f32>>(weights_quants[at + 7u]),
    ), 1.0, 0.0);
}
