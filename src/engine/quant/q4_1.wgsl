// w[i] = d · q[i] + m, of 32 nibbles q: the low ones of all bytes, then the high ones.
fn weights_block(index: u32) -> array<vec4<f32>, 8> {
    let scale = unpack2x16float(weights_scales[index]); // (d, m)
    let words = weights_quants[index];
    let low = words & vec4<u32>(0x0F0F0F0Fu);
    let high = (words >> vec4<u32>(4u)) & vec4<u32>(0x0F0F0F0Fu);
    return array<vec4<f32>, 8>(
        unsigned_bytes(low.x) * scale.x + scale.y,
        unsigned_bytes(low.y) * scale.x + scale.y,
        unsigned_bytes(low.z) * scale.x + scale.y,
        unsigned_bytes(low.w) * scale.x + scale.y,
        unsigned_bytes(high.x) * scale.x + scale.y,
        unsigned_bytes(high.y) * scale.x + scale.y,
        unsigned_bytes(high.z) * scale.x + scale.y,
        unsigned_bytes(high.w) * scale.x + scale.y,
    );
}
