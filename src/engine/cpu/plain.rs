//! The operations in the plainest Rust: what the SIMD and the GPU kernels must compute.

/// `Σ a[i] b[i]`, in eight partial sums, which the compiler turns into vectors.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// `out[i] = x[i] / sqrt(mean(x²) + eps) * weight[i]`
pub fn rms_norm(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let scale = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * scale * weight;
    }
}

/// Rotates the leading pairs `(2i, 2i + 1)` of each head. `heads` (n, head_dim); `rotations` (rope_dims / 2) are
/// cosine and sine of the position's angles.
pub fn rope(heads: &mut [f32], head_dim: usize, rotations: &[(f32, f32)]) {
    for head in heads.chunks_exact_mut(head_dim) {
        for ([a, b], (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(rotations) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}

/// `out[n] = q · keys[n] * scale` with keys (n, head_dim).
pub fn scores(q: &[f32], keys: &[f32], scale: f32, out: &mut [f32]) {
    for (out, key) in out.iter_mut().zip(keys.chunks_exact(q.len())) {
        *out = dot(q, key) * scale;
    }
}

/// `x[i] = exp(x[i]) / Σ exp(x)`, without overflow.
pub fn softmax(x: &mut [f32]) {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for x in x.iter_mut() {
        *x = (*x - largest).exp();
        total += *x;
    }
    for x in x {
        *x /= total;
    }
}

/// `out[i] += Σ weights[n] values[n][i]` with values (n, head_dim).
pub fn mix(weights: &[f32], values: &[f32], out: &mut [f32]) {
    for (weight, value) in weights.iter().zip(values.chunks_exact(out.len())) {
        for (out, value) in out.iter_mut().zip(value) {
            *out += weight * value;
        }
    }
}

/// SwiGLU: `gate[i] = silu(gate[i]) * up[i]` with `silu(x) = x / (1 + exp(-x))`.
pub fn swiglu(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + (-*gate).exp()) * up;
    }
}

/// `x[i] += y[i]`
pub fn add(x: &mut [f32], y: &[f32]) {
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
}
