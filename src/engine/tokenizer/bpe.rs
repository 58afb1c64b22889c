//! Byte-pair encoding: a word's bytes are merged, best rank first, until no merge applies.
//!
//! Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016), on bytes as in GPT-2. Equal
//! ranks merge from the left. A word of n bytes takes n·log n steps, however long a stretch of it is one letter.

use crate::engine::order;
use std::{cmp::Reverse, collections::BinaryHeap};

/// A byte without a token, or a symbol that another has swallowed: it neither merges nor reaches the output.
pub const NOTHING: u32 = u32::MAX;

/// Pairs of tokens that become one, with their ranks.
#[derive(Clone, Debug, Default)]
pub struct Merges {
    /// (merges) `left << 32 | right`, ascending.
    pairs: Vec<u64>,
    /// (merges) the rank of each of `pairs`; a lower one goes first.
    ranks: Vec<u32>,
    /// (merges) the token that each of `pairs` becomes.
    results: Vec<u32>,
}

impl Merges {
    /// Takes `(left, right, result)` in the order of their ranks. Of a pair that appears twice, the first counts.
    #[must_use]
    pub fn new(merges: &[(u32, u32, u32)]) -> Self {
        let pairs: Vec<u64> = merges.iter().map(|(left, right, _)| pair(*left, *right)).collect();
        let mut order = order::sorted(pairs.len(), &|a, b| pairs[a].cmp(&pairs[b]));
        order.dedup_by_key(|rank| pairs[*rank]);
        Self {
            pairs: order.iter().map(|rank| pairs[*rank]).collect(),
            ranks: order.iter().map(|rank| *rank as u32).collect(),
            results: order.iter().map(|rank| merges[*rank].2).collect(),
        }
    }

    /// The rank of a pair and what it becomes.
    fn find(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let at = self.pairs.binary_search(&pair(left, right)).ok()?;
        Some((*self.ranks.get(at)?, *self.results.get(at)?))
    }
}

fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

/// A part of a word, in a list that shrinks as parts merge.
#[derive(Debug)]
struct Symbol {
    /// Its token, or [`NOTHING`].
    token: u32,
    /// The index of the part before; past the end for the first.
    before: u32,
    /// The index of the part after; past the end for the last.
    after: u32,
}

/// A merge that applied when it was queued. Ordered by rank, then from the left.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rank: u32,
    /// The index of the left part.
    at: u32,
    /// Both tokens: when the parts have changed since, the candidate is stale.
    pair: u64,
    result: u32,
}

/// Merges words, one after the other, in steps of about equal length. Holds the working space between words.
#[derive(Debug, Default)]
pub struct Merger {
    symbols: Vec<Symbol>,
    /// How many of the symbols have been looked at with the one after them.
    proposed: u32,
    queue: BinaryHeap<Reverse<Candidate>>,
}

impl Merger {
    /// Begins with the tokens of a word's bytes ([`NOTHING`] where a byte has none).
    pub fn begin(&mut self, tokens: impl Iterator<Item = u32>) {
        self.symbols.clear();
        self.queue.clear();
        self.proposed = 0;
        self.symbols.extend((0..).zip(tokens).map(|(at, token)| Symbol {
            token,
            before: u32::wrapping_sub(at, 1),
            after: at + 1,
        }));
    }

    /// Takes steps while there are any left, and says whether the word is merged.
    pub fn step(&mut self, merges: &Merges, left: &mut usize) -> bool {
        while *left > 0 {
            *left -= 1;
            if (self.proposed as usize) < self.symbols.len() {
                self.propose(merges, self.proposed);
                self.proposed += 1;
            } else if let Some(Reverse(candidate)) = self.queue.pop() {
                self.apply(merges, &candidate);
            } else {
                return true;
            }
        }
        false
    }

    /// Appends the merged word.
    ///
    /// A byte without a token is left out and nothing merges across it, as in llama.cpp.
    pub fn finish(&self, out: &mut Vec<u32>) {
        out.extend(self.symbols.iter().map(|symbol| symbol.token).filter(|token| *token != NOTHING));
    }

    /// Queues the merge of the part at `at` with the one after it, if there is such a merge.
    fn propose(&mut self, merges: &Merges, at: u32) {
        let Some((left, right, _)) = self.at(at) else {
            return;
        };
        if let Some((rank, result)) = merges.find(left, right) {
            self.queue.push(Reverse(Candidate { rank, at, pair: pair(left, right), result }));
        }
    }

    fn apply(&mut self, merges: &Merges, candidate: &Candidate) {
        let Some((_, _, swallowed)) = self.at(candidate.at).filter(|(l, r, _)| pair(*l, *r) == candidate.pair) else {
            return;
        };
        let Some(right) = self.symbols.get_mut(swallowed as usize) else {
            return;
        };
        right.token = NOTHING;
        let after = right.after;
        if let Some(next) = self.symbols.get_mut(after as usize) {
            next.before = candidate.at;
        }
        let Some(left) = self.symbols.get_mut(candidate.at as usize) else {
            return;
        };
        left.token = candidate.result;
        left.after = after;
        let before = left.before;
        self.propose(merges, before);
        self.propose(merges, candidate.at);
    }

    /// The tokens of a part and of the one after it, and the latter's index.
    fn at(&self, at: u32) -> Option<(u32, u32, u32)> {
        let left = self.symbols.get(at as usize)?;
        let right = self.symbols.get(left.after as usize)?;
        Some((left.token, right.token, left.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens: 0 `a`, 1 `b`, 2 `c`, then whatever the merges make.
    fn check(merges: &[(u32, u32, u32)], word: &[u32], expected: &[u32]) {
        let mut out = Vec::new();
        let (mut merger, merges_of) = (Merger::default(), Merges::new(merges));
        merger.begin(word.iter().copied());
        // One step at a time comes to the same.
        while !merger.step(&merges_of, &mut 1) {}
        merger.finish(&mut out);
        assert_eq!(out, expected, "{word:?} with {merges:?}");
    }

    #[test]
    fn nothing_to_merge() {
        check(&[], &[], &[]);
        check(&[], &[0, 1], &[0, 1]);
        check(&[(0, 0, 3)], &[0, 1, 0], &[0, 1, 0]);
    }

    #[test]
    fn the_best_rank_goes_first() {
        check(&[(1, 2, 4), (0, 1, 3)], &[0, 1, 2], &[0, 4]);
        check(&[(0, 1, 3), (1, 2, 4)], &[0, 1, 2], &[3, 2]);
    }

    #[test]
    fn equal_ranks_go_from_the_left() {
        check(&[(0, 0, 3)], &[0, 0, 0], &[3, 0]);
        check(&[(0, 0, 3), (3, 0, 4)], &[0, 0, 0], &[4]);
        check(&[(0, 0, 3), (3, 3, 4)], &[0, 0, 0, 0, 0, 0], &[4, 3]);
    }

    #[test]
    fn a_pair_named_twice_keeps_its_first_rank() {
        check(&[(0, 1, 3), (1, 2, 4), (0, 1, 5)], &[0, 1, 2], &[3, 2]);
    }

    #[test]
    fn nothing_merges_across_a_byte_without_a_token() {
        check(&[(0, 1, 3)], &[0, NOTHING, 1, 0, 1], &[0, 1, 3]);
    }

    #[test]
    fn a_merge_that_makes_its_own_part_ends() {
        check(&[(0, 0, 0)], &[0, 0, 0, 0], &[0]);
    }
}
