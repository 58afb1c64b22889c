//! The likeliest token of each chunk of logits.

use super::{CHUNK, CHUNK_OF_LOGITS, Kernel, ORDER, RECENT, SAMPLING, Shape};
use crate::engine::gpu::shader::Shader;

/// Bindings: sampling, logits, candidates.
pub fn kernel(shape: &Shape) -> Kernel {
    let shader = Shader::new("argmax", include_str!("argmax.wgsl"))
        .with(SAMPLING)
        .with(CHUNK_OF_LOGITS)
        .with(ORDER)
        .count("WORKGROUP", 256)
        .count("CHUNK", CHUNK)
        .count("RECENT", RECENT)
        .count("VOCAB", shape.vocab);
    Kernel { shader, groups: [shape.chunks(), 1, 1] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::kernels::{
        candidates::tests::{penalised, sampling},
        testing::{AWKWARD, Numbers, bits, device, run},
    };

    #[test]
    fn argmax_equals_its_twin() {
        let Some(device) = device("argmax_equals_its_twin") else { return };
        let mut numbers = Numbers(9);
        let mut logits = numbers.rows(1, AWKWARD.vocab, AWKWARD.vocab);
        // Equals: the lowest token wins. What is not a number never does.
        (logits[17], logits[900], logits[1500], logits[1400]) = (7.0, 7.0, 8.0, 8.0);
        (logits[3], logits[2049]) = (f32::NAN, f32::INFINITY);
        for recent in [vec![], vec![17, 2049, 17, 1400], (0..64).collect()] {
            let mut buffers = [sampling(&recent), bits(&logits), vec![0; 2 * AWKWARD.chunks() as usize]];
            run(&device, kernel(&AWKWARD), &mut buffers);
            let twin: Vec<u32> = penalised(&logits, &recent)
                .chunks(CHUNK as usize)
                .flat_map(|chunk| [chunk[0].0.to_bits(), chunk[0].1])
                .collect();
            assert_eq!(buffers[2], twin, "{recent:?}");
        }
    }
}
