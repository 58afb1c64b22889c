//! Rotary positions: by which angles the pairs of a head are turned.
//!
//! Both backends read them from here, and the functions of angles from the platform: a browser has its own, and what
//! Rust would link for them has 9 KB.

#[cfg(target_arch = "wasm32")]
mod web;

use super::models::Hyperparameters;

/// The angle per position of each pair: `base^(-2i / rope_dims)`, divided by the model's own divisors if it has any.
#[must_use]
pub fn frequencies(config: &Hyperparameters, divisors: &[f32]) -> Vec<f64> {
    let dims = config.rope_dims;
    (0..dims / 2)
        .map(|i| {
            let divisor = divisors.get(i).map_or(1.0, |divisor| f64::from(*divisor));
            power(f64::from(config.rope_base), -2.0 * i as f64 / dims as f64) / divisor
        })
        .collect()
}

/// Cosine and sine of the angle at a position.
#[must_use]
pub fn turn(position: usize, frequency: f64) -> (f32, f32) {
    let (cos, sin) = cos_sin(position as f64 * frequency);
    (cos as f32, sin as f32)
}

#[cfg(target_arch = "wasm32")]
use web::{cos_sin, power};

#[cfg(not(target_arch = "wasm32"))]
fn power(base: f64, exponent: f64) -> f64 {
    base.powf(exponent)
}

#[cfg(not(target_arch = "wasm32"))]
fn cos_sin(angle: f64) -> (f64, f64) {
    (angle.cos(), angle.sin())
}

#[cfg(test)]
mod tests {
    use super::turn;

    #[test]
    fn a_turn_is_a_point_of_the_unit_circle() {
        assert_eq!(turn(0, 0.5), (1.0, 0.0));
        let (cos, sin) = turn(3, std::f64::consts::FRAC_PI_6);
        assert!(cos.abs() < 1e-6 && (sin - 1.0).abs() < 1e-6, "{cos} {sin}");
    }
}
