//! Words that a visitor mistyped by one character, and compounds.

/// How long a word is at least, in characters, for its beginning to stand for longer ones, and for one wrong character to
/// be forgiven: among shorter words, neighbours mean something else.
pub(super) const LEAST_CHARACTERS: usize = 5;

/// Most characters of a word that is corrected.
const MOST_CHARACTERS: usize = 24;

/// How long each part of a compound is at least, in characters.
const LEAST_PART: usize = 4;

/// Whether a word may be a compound that ends with this one.
pub(super) fn may_end(word: &str, end: &str) -> bool {
    word.ends_with(end) && end.chars().count() >= LEAST_PART && word.chars().count() >= 2 * LEAST_PART
}

/// Everything that one insertion, deletion, substitution or exchange of neighbours makes of a word, of the letters of an
/// alphabet: some 60 for each of its characters. The first character stays: people rarely mistype it.
///
/// The word is corrected before it is stemmed, for the stem of a mistyped word can be anything.
pub(super) fn corrections(word: &str, alphabet: &[char]) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut corrections = Vec::new();
    if letters.len() < LEAST_CHARACTERS || letters.len() > MOST_CHARACTERS {
        return corrections;
    }
    let mut add = |before: &[char], new: &[char], after: &[char]| {
        corrections.push([before, new, after].into_iter().flatten().collect::<String>());
    };
    for at in 1..=letters.len() {
        let (before, after) = letters.split_at(at);
        match after {
            [first, second, rest @ ..] => {
                add(before, &[], &after[1..]);
                add(before, &[*second, *first], rest);
            }
            [_] => add(before, &[], &[]),
            [] => {}
        }
        for letter in alphabet {
            add(before, &[*letter], after);
            if let [_, rest @ ..] = after {
                add(before, &[*letter], rest);
            }
        }
    }
    corrections.retain(|correction| correction != word);
    corrections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_ends_with_a_word() {
        assert!(may_end("firmenlogo", "logo") && may_end("größengrößen", "größen"));
        assert!(!may_end("firmenlogo", "firmen") && !may_end("billigtür", "tür") && !may_end("tariffs", "iffs"));
        assert!(!may_end("logo", "logo") && !may_end("", ""));
    }

    #[test]
    fn one_typo_is_corrected_and_not_two() {
        let alphabet: Vec<char> = ('a'..='z').chain("ößü".chars()).collect();
        let check = |word: &str, meant: &str, expected: bool| {
            assert_eq!(
                corrections(word, &alphabet).iter().any(|correction| correction == meant),
                expected,
                "{word} {meant}"
            );
        };
        check("adress", "address", true);
        check("defualt", "default", true);
        check("assitant", "assistant", true);
        check("palete", "palette", true);
        check("colour", "color", true);
        check("größe", "größen", true);
        check("grösse", "größe", false);
        check("light", "light", false);
        check("light", "night", false);
        check("lihgts", "lights", true);
        check("light", "lights", true);
        check("pallete", "palette", false);
        check("film", "file", false);
        check("", "a", false);
        assert_eq!(corrections(&"a".repeat(25), &alphabet).len(), 0);
        assert!(corrections(&"b".repeat(24), &alphabet).len() < 24 * 60);
    }
}
