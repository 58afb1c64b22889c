//! The likeliest tokens of each chunk of logits, in order.

use super::{CHUNK, CHUNK_OF_LOGITS, KEEP, Kernel, ORDER, RECENT, SAMPLING, SORT, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: sampling, logits, candidates.
pub fn kernel(shape: &Shape) -> Kernel {
    let shader = Shader::new("candidates", include_str!("candidates.wgsl"))
        .with(SAMPLING)
        .with(CHUNK_OF_LOGITS)
        .with(ORDER)
        .with(SORT)
        .count("WORKGROUP", 256)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("KEEP", KEEP)
        .count("VOCAB", shape.vocab);
    Kernel { shader, groups: [shape.chunks(), 1, 1] }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::engine::gpu::kernels::{
        NO_TOKEN,
        testing::{AWKWARD, Numbers, bits, device, run},
    };

    const PENALTY: f32 = 1.25;

    /// `shared/sampling.wgsl`
    pub fn sampling(recent: &[u32]) -> Vec<u32> {
        let mut words = bits(&[0.8, 0.9, 0.05, PENALTY]);
        words.extend([40, 1, 0, recent.len() as u32 % RECENT]);
        words.extend_from_slice(recent);
        words.resize(8 + RECENT as usize, NO_TOKEN);
        words
    }

    /// Each chunk's (logit, token) after penalties, best first.
    pub fn penalised(logits: &[f32], recent: &[u32]) -> Vec<(f32, u32)> {
        let mut logits: Vec<(f32, u32)> = logits.iter().copied().zip(0..).collect();
        for (logit, token) in &mut logits {
            // The kernels' stand-in for what is not a number.
            *logit = if *logit > f32::MIN { *logit } else { f32::MIN };
            if recent.contains(token) {
                *logit = if *logit > 0.0 { *logit / PENALTY } else { *logit * PENALTY };
            }
        }
        let before = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        logits.chunks_mut(CHUNK as usize).for_each(|chunk| chunk.sort_by(before));
        logits
    }

    #[test]
    fn candidates_equal_their_twin() {
        let Some(device) = device("candidates_equal_their_twin") else { return };
        let mut numbers = Numbers(10);
        // Coarse numbers, so that many are equal.
        let mut logits: Vec<f32> = (0..AWKWARD.vocab).map(|_| (20.0 * numbers.signed()).round()).collect();
        logits[5] = f32::NAN;
        for recent in [vec![], vec![17, 2049, 17, 1400], (30..94).collect()] {
            let mut buffers = [sampling(&recent), bits(&logits), vec![0; (2 * KEEP * AWKWARD.chunks()) as usize]];
            run(&device, kernel(&AWKWARD), &mut buffers);
            let twin: Vec<u32> = penalised(&logits, &recent)
                .chunks(CHUNK as usize)
                .flat_map(|chunk| {
                    let none = std::iter::repeat((f32::MIN, NO_TOKEN));
                    chunk.iter().copied().chain(none).take(KEEP as usize)
                })
                .flat_map(|(logit, token)| [logit.to_bits(), token])
                .collect();
            // A penalty is a division, which a device may round its own way.
            let apart = |(kernel, twin): (&u32, &u32)| kernel.abs_diff(*twin) > 2;
            assert!(!buffers[2].iter().zip(&twin).any(apart), "{recent:?}");
        }
    }
}
