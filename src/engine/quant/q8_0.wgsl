// w[i] = d · q[i], of 32 signed bytes q.
const weights_INTEGER: bool = true;

fn weights_block(index: u32) -> Block {
    let scale = unpack2x16float(weights_scales[index]).x;
    let head = weights_quants[index * 2u];
    let tail = weights_quants[index * 2u + 1u];
    return Block(array<vec4<f32>, 8>(
        signed_bytes(head.x),
        signed_bytes(head.y),
        signed_bytes(head.z),
        signed_bytes(head.w),
        signed_bytes(tail.x),
        signed_bytes(tail.y),
        signed_bytes(tail.z),
        signed_bytes(tail.w),
    ), scale, 0.0);
}
