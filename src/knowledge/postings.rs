//! A term's impacts: the passages that it stands in, and how much each is about it.
//!
//! Per term, a number of passages, then for each the distance from the one before (from -1 for the first, less 1) and
//! the impact, a byte. Numbers are LEB128.

use super::format::{Malformed, put_number, take_number};

/// Passages with their impacts, in the order of the passages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impacts(pub Vec<(u32, u8)>);

impl Impacts {
    /// Reads one term's bytes, in an index of so many passages.
    pub(super) fn read(mut bytes: &[u8], passages: u32) -> Result<Self, Malformed> {
        let count = take_number(&mut bytes)?;
        // Two bytes each, at least: nothing is reserved for what is not there.
        if count > passages || bytes.len() < 2 * count as usize {
            return Err(Malformed);
        }
        let mut impacts = Vec::with_capacity(count as usize);
        let mut next = 0_u32;
        for _ in 0..count {
            let passage = next.checked_add(take_number(&mut bytes)?).filter(|at| *at < passages).ok_or(Malformed)?;
            let (impact, rest) = bytes.split_first().ok_or(Malformed)?;
            bytes = rest;
            impacts.push((passage, *impact));
            next = passage + 1;
        }
        if bytes.is_empty() { Ok(Self(impacts)) } else { Err(Malformed) }
    }
}

/// The bytes of one term's impacts. The passages ascend.
pub fn encode_impacts(Impacts(impacts): &Impacts) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_number(&mut bytes, impacts.len() as u32);
    let mut next = 0;
    for (passage, impact) in impacts {
        put_number(&mut bytes, passage - next);
        bytes.push(*impact);
        next = passage + 1;
    }
    bytes
}
