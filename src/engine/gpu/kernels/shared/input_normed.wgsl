// RMSNorm of an input: x / rms(x) ∘ g.

var<workgroup> sh_squares: array<vec4<f32>, TOKENS * PARTS>; // (TOKENS, PARTS) of Σ x²

// Sums the squares of all inputs, each in PARTS parts. Padding behind COLS is zero and adds nothing.
fn prepare(local: u32) {
    for (var i = local; i < TOKENS * PARTS; i += WORKGROUP) {
        let at = input_row(i / PARTS) * BLOCKS * 8u;
        var squares = vec4<f32>(0.0);
        for (var vector = i % PARTS; vector < BLOCKS * 8u; vector += PARTS) {
            let x = hidden[at + vector];
            squares += x * x;
        }
        sh_squares[i] = squares;
    }
    workgroupBarrier();
}

// 1 / rms(x)
fn input_factor(token: u32) -> f32 {
    var total = 0.0;
    for (var part = 0u; part < PARTS; part++) {
        let squares = sh_squares[token * PARTS + part];
        total = total + squares.x + squares.y + squares.z + squares.w;
    }
    return 1.0 / sqrt(quotient(total, f32(COLS)) + EPSILON);
}

fn input_vector(token: u32, index: u32, factor: f32) -> vec4<f32> {
    return hidden[input_row(token) * BLOCKS * 8u + index] * factor * gain[index];
}
