// w[i], of 32 single-precision numbers.
fn weights_block(index: u32) -> array<vec4<f32>, 8> {
    let at = index * 8u;
    return array<vec4<f32>, 8>(
        bitcast<vec4<f32>>(weights_quants[at]),
        bitcast<vec4<f32>>(weights_quants[at + 1u]),
        bitcast<vec4<f32>>(weights_quants[at + 2u]),
        bitcast<vec4<f32>>(weights_quants[at + 3u]),
        bitcast<vec4<f32>>(weights_quants[at + 4u]),
        bitcast<vec4<f32>>(weights_quants[at + 5u]),
        bitcast<vec4<f32>>(weights_quants[at + 6u]),
        bitcast<vec4<f32>>(weights_quants[at + 7u]),
    );
}
