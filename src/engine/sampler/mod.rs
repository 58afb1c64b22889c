//! Chooses the next token from the logits. The GPU's sampling kernel is its twin and follows the same order:
//!
//! 1. The repetition penalty, once for each distinct token among the last [`PENALTY_WINDOW`].
//! 2. Temperature 0: the likeliest token, the lowest id among equals. Done.
//! 3. The best `k` by logit, then by id; `k = 0` and `k > 64` mean [`CANDIDATES`].
//! 4. Softmax over those.
//! 5. `top_p`: the shortest prefix that together holds this probability, at least one.
//! 6. `min_p`: without those less likely than this share of the likeliest.
//! 7. Weights `exp((logit - best) / temperature)`, and a draw from them.
//!
//! A NaN counts as impossible. Whatever the numbers are, the answer is an index into the logits.

use crate::wire::Sampling;
use std::cmp::Ordering;

/// The most candidates that are ever drawn from.
pub const CANDIDATES: usize = 64;

/// How far back the repetition penalty looks, in tokens.
pub const PENALTY_WINDOW: usize = 64;

/// A token that may be drawn.
#[derive(Clone, Copy)]
struct Candidate {
    id: u32,
    logit: f32,
}

/// Chooses a token. `logits` (vocabulary) are changed by the penalty; `recent` are the tokens so far, newest last;
/// `step` is how many tokens of this answer were chosen before. Without logits the answer is 0.
#[must_use]
pub fn sample(logits: &mut [f32], sampling: &Sampling, recent: &[u32], step: u32) -> u32 {
    penalise(logits, sampling.repetition_penalty, recent);

    // Asked this way round, a NaN is greedy, too.
    let warm = sampling.temperature > 0.0;
    let k = match sampling.top_k as usize {
        _ if !warm => 1,
        0 => CANDIDATES,
        k => k.min(CANDIDATES),
    };

    let mut room = [Candidate { id: 0, logit: f32::NEG_INFINITY }; CANDIDATES];
    let count = best(logits, &mut room[..k]);
    let candidates = &room[..count];
    let Some(first) = candidates.first() else { return 0 };
    if !warm {
        return first.id;
    }

    let survivors = nucleus(candidates, sampling.top_p, sampling.min_p);
    draw(&candidates[..survivors], sampling.temperature, uniform(sampling.seed, step))
}

/// A number in [0, 1) that is a pure function of both: one round of PCG's RXS-M-XS output function (M. E. O'Neill,
/// "PCG", 2014) over a linear congruential step, as M. Jarzynski and M. Olano recommend it as a hash for GPUs
/// ("Hash Functions for GPU Rendering", 2020).
#[must_use]
pub fn uniform(seed: u32, step: u32) -> f32 {
    let state = (seed ^ step.wrapping_mul(0x9E37_79B9)).wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    let hash = (word >> 22) ^ word;
    // 24 bits are what a single-precision fraction holds without rounding up to 1.
    (hash >> 8) as f32 / 16_777_216.0
}

/// Divides the positive logits of recent tokens and multiplies the others.
fn penalise(logits: &mut [f32], penalty: f32, recent: &[u32]) {
    // A penalty that is not a positive number has no meaning; it is left out rather than let loose on the logits.
    let meant = penalty > 0.0 && penalty != 1.0;
    if !meant {
        return;
    }
    let recent = &recent[recent.len().saturating_sub(PENALTY_WINDOW)..];
    for (index, id) in recent.iter().enumerate() {
        if recent[..index].contains(id) {
            continue;
        }
        if let Some(logit) = logits.get_mut(*id as usize) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}

/// Fills `room` with the best candidates, best first, and says how many there are.
fn best(logits: &[f32], room: &mut [Candidate]) -> usize {
    let mut count = 0;
    for (id, &logit) in (0u32..).zip(logits) {
        let logit = if logit.is_nan() { f32::NEG_INFINITY } else { logit };
        // Ids come in rising order, so that an equal logit belongs after those that are there.
        if count == room.len() && room.last().is_none_or(|worst| logit <= worst.logit) {
            continue;
        }
        let place = room[..count].partition_point(|other| other.logit >= logit);
        count = (count + 1).min(room.len());
        room[place..count].rotate_right(1);
        room[place] = Candidate { id, logit };
    }
    count
}

/// How many of the candidates (best first, at least one) `top_p` and `min_p` leave.
fn nucleus(candidates: &[Candidate], top_p: f32, min_p: f32) -> usize {
    let total: f32 = weights(candidates, 1.0).sum();
    let mut kept = candidates.len();
    if top_p < 1.0 {
        let mut cumulative = 0.0;
        let reaches = |weight: f32| {
            cumulative += weight / total;
            cumulative >= top_p
        };
        kept = weights(candidates, 1.0).position(reaches).map_or(kept, |last| last + 1);
    }
    // The likeliest has weight 1, so that the weights are shares of it already. They fall: the first too small ends it.
    let too_small = |weight: f32| weight.partial_cmp(&min_p) == Some(Ordering::Less);
    kept.min(weights(candidates, 1.0).position(too_small).unwrap_or(kept)).max(1)
}

/// The candidate at which the cumulative weight passes the share `u` of all.
fn draw(survivors: &[Candidate], temperature: f32, u: f32) -> u32 {
    let target = u * weights(survivors, temperature).sum::<f32>();
    let mut cumulative = 0.0;
    for (candidate, weight) in survivors.iter().zip(weights(survivors, temperature)) {
        cumulative += weight;
        if cumulative > target {
            return candidate.id;
        }
    }
    // Rounding may leave the sum a hair below the target.
    survivors.last().map_or(0, |last| last.id)
}

/// `exp((logit - best) / temperature)`, where equals of the best weigh 1 even if they are infinite.
fn weights(candidates: &[Candidate], temperature: f32) -> impl Iterator<Item = f32> {
    let best = candidates.first().map_or(0.0, |first| first.logit);
    candidates.iter().map(move |candidate| {
        if candidate.logit == best {
            return 1.0;
        }
        let weight = ((candidate.logit - best) / temperature).exp();
        if weight.is_nan() { 0.0 } else { weight }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLAIN: Sampling =
        Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 };
    const GREEDY: Sampling = Sampling { temperature: 0.0, ..PLAIN };

    /// Chooses from a copy.
    fn choose(logits: &[f32], sampling: &Sampling, recent: &[u32], step: u32) -> u32 {
        sample(&mut logits.to_vec(), sampling, recent, step)
    }

    /// How often each token comes out of many draws.
    fn frequencies(logits: &[f32], sampling: &Sampling, draws: u32) -> Vec<f32> {
        let mut counts = vec![0.0; logits.len()];
        for step in 0..draws {
            counts[choose(logits, sampling, &[], step) as usize] += 1.0 / draws as f32;
        }
        counts
    }

    #[track_caller]
    fn check_frequencies(logits: &[f32], sampling: &Sampling, expected: &[f32]) {
        let found = frequencies(logits, sampling, 20_000);
        for (id, (found, expected)) in found.iter().zip(expected).enumerate() {
            // Five standard deviations of a fair coin.
            assert!((found - expected).abs() < 0.018, "token {id}: {found}, not {expected}");
            assert!(*expected > 0.0 || *found == 0.0, "token {id} was cut, but drawn");
        }
    }

    /// Any bit pattern, the special ones often.
    fn any_number() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -30.0f32..30.0,
            1 => any::<u32>().prop_map(f32::from_bits),
            1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, f32::MAX, f32::MIN]),
        ]
    }

    fn any_sampling() -> impl Strategy<Value = Sampling> {
        (any_number(), any::<u32>(), any_number(), any_number(), any_number(), any::<u32>()).prop_map(
            |(temperature, top_k, top_p, min_p, repetition_penalty, seed)| Sampling {
                temperature,
                top_k: top_k % 80,
                top_p,
                min_p,
                repetition_penalty,
                seed,
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_or_leave_the_vocabulary(
            logits in prop::collection::vec(any_number(), 1..200),
            sampling in any_sampling(),
            recent in prop::collection::vec(0u32..300, 0..150),
            step in any::<u32>(),
        ) {
            prop_assert!((choose(&logits, &sampling, &recent, step) as usize) < logits.len());
        }

        #[test]
        fn greedy_is_the_first_of_the_largest(logits in prop::collection::vec(-3i8..3, 1..100), step in any::<u32>()) {
            let logits: Vec<f32> = logits.into_iter().map(f32::from).collect();
            let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let expected = logits.iter().position(|logit| *logit == largest);
            prop_assert_eq!(Some(choose(&logits, &GREEDY, &[], step) as usize), expected);
        }

        #[test]
        fn the_choice_is_among_the_top_k(
            logits in prop::collection::vec(-5.0f32..5.0, 1..200),
            top_k in 0u32..80,
            step in any::<u32>(),
        ) {
            let sampling = Sampling { top_k, temperature: 1.5, ..PLAIN };
            let id = choose(&logits, &sampling, &[], step);
            let better = logits.iter().filter(|logit| **logit > logits[id as usize]).count();
            let k = if top_k == 0 { CANDIDATES } else { CANDIDATES.min(top_k as usize) };
            prop_assert!(better < k);
        }

        #[test]
        fn the_same_seed_chooses_the_same(
            logits in prop::collection::vec(-5.0f32..5.0, 1..100),
            seed in any::<u32>(),
            step in any::<u32>(),
        ) {
            let sampling = Sampling { seed, ..PLAIN };
            prop_assert_eq!(choose(&logits, &sampling, &[], step), choose(&logits, &sampling, &[], step));
        }

        #[test]
        fn the_uniform_number_is_below_one(seed in any::<u32>(), step in any::<u32>()) {
            prop_assert!((0.0..1.0).contains(&uniform(seed, step)));
        }
    }

    #[test]
    fn the_hash_is_the_agreed_one() {
        // Computed from the definition by another program; the GPU's kernel must give the same.
        for (seed, step, hash) in HASHES {
            assert_eq!(uniform(seed, step), (hash >> 8) as f32 / 16_777_216.0, "seed {seed}, step {step}");
        }
    }

    const HASHES: [(u32, u32, u32); 4] =
        [(0, 0, 129_708_002), (0, 1, 2_419_168_863), (42, 7, 4_181_975_940), (u32::MAX, u32::MAX, 361_829_210)];

    #[test]
    fn draws_follow_the_distribution() {
        let p = [0.5f32, 0.3, 0.15, 0.05];
        let logits = p.map(f32::ln);
        check_frequencies(&logits, &PLAIN, &p);
        // Halving the temperature squares the weights.
        let squares = p.map(|p| p * p);
        let total: f32 = squares.iter().sum();
        check_frequencies(&logits, &Sampling { temperature: 0.5, ..PLAIN }, &squares.map(|p| p / total));
        check_frequencies(&logits, &Sampling { top_k: 2, ..PLAIN }, &[0.625, 0.375, 0.0, 0.0]);
        // 0.5 does not reach 0.7, 0.8 does.
        check_frequencies(&logits, &Sampling { top_p: 0.7, ..PLAIN }, &[0.625, 0.375, 0.0, 0.0]);
        // 0.15 is 0.3 of the likeliest, 0.05 is 0.1 of it.
        check_frequencies(&logits, &Sampling { min_p: 0.2, ..PLAIN }, &[0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0.0]);
        check_frequencies(&logits, &Sampling { top_p: 0.0, ..PLAIN }, &[1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_penalty_counts_a_token_once_and_forgets() {
        let penalised = Sampling { repetition_penalty: 2.0, ..GREEDY };
        let check = |logits: [f32; 3], recent: &[u32], expected: [f32; 3]| {
            let mut logits = logits;
            let _ = sample(&mut logits, &penalised, recent, 0);
            assert_eq!(logits, expected, "{recent:?}");
        };
        check([4.0, -1.0, 3.0], &[0, 0, 1, 9], [2.0, -2.0, 3.0]);
        let mut long = vec![0; 10];
        long.extend([2; PENALTY_WINDOW]);
        check([4.0, -1.0, 3.0], &long, [4.0, -1.0, 1.5]);
        assert_eq!(choose(&[4.0, -1.0, 3.0], &penalised, &[0], 0), 2);
    }

    #[test]
    fn infinities_and_nans_have_a_meaning() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        assert_eq!(choose(&[0.0, inf, 1.0], &PLAIN, &[], 3), 1);
        assert_eq!(choose(&[nan, -5.0, nan], &PLAIN, &[], 3), 1);
        assert_eq!(choose(&[nan, nan], &GREEDY, &[], 0), 0);
        assert_eq!(choose(&[], &PLAIN, &[], 0), 0);
        assert_eq!(choose(&[1.0, 2.0], &Sampling { temperature: nan, ..PLAIN }, &[], 0), 1);
        check_frequencies(&[-inf, -inf], &PLAIN, &[0.5, 0.5]);
    }
}
