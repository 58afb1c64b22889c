//! Sets of words and sorts of few things. The library's trees and sorts are made for many, and have some 5 KB of code for
//! each type in what a visitor downloads.

/// A set of words.
#[derive(Clone, Debug, Default)]
pub(super) struct WordSet(Vec<String>);

impl WordSet {
    pub fn of(mut words: Vec<String>) -> Self {
        sort(&mut words);
        Self(words)
    }

    pub fn contains(&self, word: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(word)).is_ok()
    }
}

/// Sorts many words, as a heap.
fn sort(words: &mut [String]) {
    let sift = |words: &mut [String], mut top: usize| loop {
        let mut largest = top;
        for below in [2 * top + 1, 2 * top + 2] {
            if words.get(below) > words.get(largest) {
                largest = below;
            }
        }
        if largest == top {
            break;
        }
        words.swap(top, largest);
        top = largest;
    };
    for top in (0..words.len() / 2).rev() {
        sift(words, top);
    }
    for end in (1..words.len()).rev() {
        words.swap(0, end);
        sift(&mut words[..end], 0);
    }
}

/// Puts few things in order, and leaves equal ones as they stand.
pub(super) fn order<T>(few: &mut [T], comes_before: impl Fn(&T, &T) -> bool) {
    for next in 1..few.len() {
        let mut at = next;
        while at > 0 && comes_before(&few[at], &few[at - 1]) {
            few.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Puts the first `most` things in order and lets go of the rest: for many things of which few are wanted.
pub(super) fn first<T>(many: &mut Vec<T>, most: usize, comes_before: impl Fn(&T, &T) -> bool) {
    for place in 0..most.min(many.len()) {
        let mut best = place;
        for at in place + 1..many.len() {
            if comes_before(&many[at], &many[best]) {
                best = at;
            }
        }
        many.swap(place, best);
    }
    many.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_as_the_librarys(numbers in proptest::collection::vec(0..9_u8, 0..20), most in 0..20_usize) {
            let mut sorted = numbers.clone();
            sorted.sort();
            let mut few = numbers.clone();
            order(&mut few, |a, b| a < b);
            prop_assert_eq!(&few, &sorted);
            let mut many = numbers;
            first(&mut many, most, |a, b| a < b);
            sorted.truncate(most);
            prop_assert_eq!(many, sorted);
        }
    }

    proptest! {
        #[test]
        fn words_are_sorted(words in proptest::collection::vec("[a-c]{0,3}", 0..40)) {
            let mut sorted = words.clone();
            sorted.sort();
            prop_assert_eq!(WordSet::of(words).0, sorted);
        }
    }

    #[test]
    fn a_set_has_its_words() {
        let set = WordSet::of(["b", "a", "b"].map(str::to_owned).into());
        assert_eq!(["a", "b", "c", ""].map(|word| set.contains(word)), [true, true, false, false]);
    }
}
