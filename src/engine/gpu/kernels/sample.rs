//! The next token.

use super::{CHUNK, KEEP, Kernel, ORDER, RECENT, SAMPLED, SAMPLING, SORT, STATE, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: state, sampling, candidates, sampled. After `argmax` a chunk has one candidate, otherwise [`KEEP`].
pub fn kernel(shape: &Shape, after_argmax: bool) -> Kernel {
    let each = if after_argmax { 1 } else { KEEP };
    let shader = Shader::new("sample", include_str!("sample.wgsl"))
        .with(STATE)
        .with(SAMPLING)
        .with(ORDER)
        .with(SORT)
        .count("WORKGROUP", 256)
        .count("CHUNK_TOKENS", shape.chunk)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("KEEP", KEEP)
        .count("SAMPLED", SAMPLED)
        .count("CANDIDATES", shape.chunks() * each);
    Kernel { shader, groups: [1, 1, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{
            gpu::kernels::testing::{AWKWARD, Numbers, bits, device, run, state},
            sampler,
        },
        wire::Sampling,
    };

    #[test]
    fn the_constants_are_the_sampler_s() {
        assert_eq!(KEEP as usize, sampler::CANDIDATES);
        assert_eq!(RECENT as usize, sampler::PENALTY_WINDOW);
    }

    /// The twin of both kernels together is `engine::sampler`; here it meets the second alone, with more candidates
    /// than fit its workgroup memory at once.
    #[test]
    fn sample_equals_its_twin() {
        let Some(device) = device("sample_equals_its_twin") else { return };
        let shape = Shape { vocab: 40_000, ..AWKWARD };
        let mut numbers = Numbers(12);
        let logits: Vec<f32> = (0..shape.chunks() * KEEP).map(|_| 6.0 * numbers.signed()).collect();
        for (step, temperature, top_k, top_p, min_p) in [
            (0, 0.0, 0, 1.0, 0.0),
            (1, 1.0, 0, 1.0, 0.0),
            (2, 0.7, 40, 0.9, 0.0),
            (77, 3.0, 0, 1.0, 0.97),
            (200, 2.0, 5, 1.0, 0.0),
        ] {
            for seed in 0..8 {
                let sampling = Sampling { temperature, top_k, top_p, min_p, repetition_penalty: 1.0, seed };
                let mut words = bits(&[temperature, top_p, min_p, 1.0]);
                words.extend([top_k, seed, step, 63]);
                words.resize(8 + RECENT as usize, 1);
                let pairs: Vec<u32> = (0..).zip(&logits).flat_map(|(id, logit)| [logit.to_bits(), id]).collect();
                let mut buffers = [state(&shape, 20, &[9; 5]), words, pairs, vec![0; SAMPLED as usize]];
                run(&device, kernel(&shape, false), &mut buffers);

                let twin = sampler::sample(&mut logits.clone(), &sampling, &[], step);
                let [state, sampling, _, sampled] = &buffers;
                assert_eq!(sampled[(step % SAMPLED) as usize], twin, "seed {seed}, step {step}");
                assert_eq!(state[..5], [25, 1, 0, 0, twin], "the model reads on behind the chunk");
                assert_eq!(sampling[6..8], [step + 1, 0], "a step on, and the ring begins again");
                assert_eq!(sampling[8 + 63], twin);
            }
        }
    }
}
