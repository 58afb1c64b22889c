// A block of x ∘ g, with its part of Σ x²: RMSNorm's divisor is the same for all of a row, so it is applied to the
// finished sums, and the mean square rides along as one more sum.
struct Input {
    values: array<vec4<f32>, 8>, // (32) of x ∘ g
    squares: f32, // Σ x² of the block
}

fn input_block(token: u32, block: u32) -> Input {
    let at = (input_row(token) * BLOCKS + block) * 8u;
    var input: Input;
    input.squares = 0.0;
    #for i in 8
    let x_$i = hidden[at + $iu];
    input.squares += dot(x_$i, x_$i);
    input.values[$i] = x_$i * gain[block * 8u + $iu];
    #end
    return input;
}

// 1 / rms(x), from the whole sum of squares. Padding behind COLS is zero and adds nothing.
fn inverse_rms(squares: f32) -> f32 {
    return inverseSqrt(squares / f32(COLS) + EPSILON);
}
