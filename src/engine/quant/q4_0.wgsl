// w[i] = d · (q[i] − 8), of 32 nibbles q: the low ones of all bytes, then the high ones.
const weights_INTEGER: bool = true;

fn weights_block(index: u32) -> Block {
    let scale = unpack2x16float(weights_scales[index]).x;
    let words = weights_quants[index];
    let low = words & vec4<u32>(0x0F0F0F0Fu);
    let high = (words >> vec4<u32>(4u)) & vec4<u32>(0x0F0F0F0Fu);
    return Block(array<vec4<f32>, 8>(
        unsigned_bytes(low.x),
        unsigned_bytes(low.y),
        unsigned_bytes(low.z),
        unsigned_bytes(low.w),
        unsigned_bytes(high.x),
        unsigned_bytes(high.y),
        unsigned_bytes(high.z),
        unsigned_bytes(high.w),
    ), scale, scale * -8.0);
}
