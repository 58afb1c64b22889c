// w[i] = d · q[i], of 32 signed bytes q.
fn weights_block(index: u32) -> array<vec4<f32>, 8> {
    let scale = unpack2x16float(weights_scales[index]).x;
    let head = weights_quants[index * 2u];
    let tail = weights_quants[index * 2u + 1u];
    return array<vec4<f32>, 8>(
        signed_bytes(head.x) * scale,
        signed_bytes(head.y) * scale,
        signed_bytes(head.z) * scale,
        signed_bytes(head.w) * scale,
        signed_bytes(tail.x) * scale,
        signed_bytes(tail.y) * scale,
        signed_bytes(tail.z) * scale,
        signed_bytes(tail.w) * scale,
    );
}
