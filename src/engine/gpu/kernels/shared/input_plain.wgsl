// A block of an input as it is.
struct Input {
    values: array<vec4<f32>, 8>, // (32)
    squares: f32, // not needed
}

fn input_block(token: u32, block: u32) -> Input {
    let at = (input_row(token) * BLOCKS + block) * 8u;
    var input: Input;
    #for i in 8
    input.values[$i] = input_values[at + $iu];
    #end
    input.squares = 0.0;
    return input;
}
