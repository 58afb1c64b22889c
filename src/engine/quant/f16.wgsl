// w[i], of 32 half-precision numbers, two in a word.
const weights_INTEGER: bool = false;

fn weights_block(index: u32) -> Block {
    let a = weights_quants[index * 4u];
    let b = weights_quants[index * 4u + 1u];
    let c = weights_quants[index * 4u + 2u];
    let d = weights_quants[index * 4u + 3u];
    return Block(array<vec4<f32>, 8>(
        halves(a.xy),
        halves(a.zw),
        halves(b.xy),
        halves(b.zw),
        halves(c.xy),
        halves(c.zw),
        halves(d.xy),
        halves(d.zw),
    ), 1.0, 0.0);
}
