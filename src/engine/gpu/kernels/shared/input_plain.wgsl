// An input as it is.

fn prepare(local: u32) {
}

fn input_factor(token: u32) -> f32 {
    return 1.0;
}

fn input_vector(token: u32, index: u32, factor: f32) -> vec4<f32> {
    return input_values[input_row(token) * BLOCKS * 8u + index];
}
