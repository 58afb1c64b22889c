// w[i] = d · (q[i] − 8), of 32 nibbles q: the low ones of all bytes, then the high ones.
fn weights_block(index: u32) -> array<vec4<f32>, 8> {
    let scale = unpack2x16float(weights_scales[index]).x;
    let words = weights_quants[index];
    let low = words & vec4<u32>(0x0F0F0F0Fu);
    let high = (words >> vec4<u32>(4u)) & vec4<u32>(0x0F0F0F0Fu);
    return array<vec4<f32>, 8>(
        (unsigned_bytes(low.x) - 8.0) * scale,
        (unsigned_bytes(low.y) - 8.0) * scale,
        (unsigned_bytes(low.z) - 8.0) * scale,
        (unsigned_bytes(low.w) - 8.0) * scale,
        (unsigned_bytes(high.x) - 8.0) * scale,
        (unsigned_bytes(high.y) - 8.0) * scale,
        (unsigned_bytes(high.z) - 8.0) * scale,
        (unsigned_bytes(high.w) - 8.0) * scale,
    );
}
