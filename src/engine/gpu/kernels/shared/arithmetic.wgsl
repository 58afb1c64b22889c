// Arithmetic of which every bit is known, as engine::cpu has it: what the language leaves to the device is written out.

// To the nearest number of half precision, of two the even one. pack2x16float may round either way.
fn half(x: vec2<f32>) -> vec2<f32> {
    let bits = bitcast<vec2<u32>>(x);
    let odd = (bits >> vec2<u32>(13u)) & vec2<u32>(1u);
    let rounded = bitcast<vec2<f32>>((bits + 0xFFFu + odd) & vec2<u32>(0xFFFFE000u));
    // Below 2^-14 the last place stays 2^-24.
    return select(round(x * 16777216.0) / 16777216.0, rounded, abs(x) >= vec2<f32>(6.103515625e-5));
}

// e^x: with n whole and x = n ln 2 + r, 2^n times the Taylor series of e^r.
fn exponential(number: f32) -> f32 {
    let x = clamp(number, -87.0, 87.0);
    let n = round(x * 1.44269504);
    // ln 2 in two parts, the first of few bits.
    let r = x - n * 0.6933594 + n * 2.1219444e-4;
    var series = r * 0.0013888889 + 0.008333334;
    series = series * r + 0.041666668;
    series = series * r + 0.16666667;
    series = series * r + 0.5;
    series = series * r + 1.0;
    series = series * r + 1.0;
    return bitcast<f32>(bitcast<u32>(series) + (bitcast<u32>(i32(n)) << 23u));
}

// a / b for a that is not negative and a constant b: some compilers multiply by a constant's reciprocal instead, which
// differs in the last place, and so they must not see that it is one.
fn quotient(a: f32, b: f32) -> f32 {
    return a / max(b, -a);
}
