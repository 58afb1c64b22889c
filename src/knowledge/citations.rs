//! What a model writes to cite a passage, in whatever form.

use super::lower::lower;

/// Words that a citation in parentheses begins with.
const NAMED: [&str; 4] = ["passage", "source", "quelle", "abschnitt"];

/// A text without citations, and the passages that they name, from 0.
pub(super) fn without_citations(text: &str) -> (String, Vec<usize>) {
    let (mut kept, mut named) = (String::with_capacity(text.len()), Vec::new());
    let text = text.replace('【', "[").replace('】', "]");
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['[', '(']) {
        let (before, inside) = rest.split_at(at);
        let round = inside.starts_with('(');
        let inside = &inside[1..];
        let Some((content, behind)) = inside.split_once(if round { ')' } else { ']' }) else { break };
        let cites = if round { names_a_passage(content) } else { is_number_list(content.trim_start_matches('[')) };
        if cites {
            kept.push_str(before.trim_end());
            let digits = content.split(|c: char| !c.is_ascii_digit());
            named.extend(digits.filter_map(|number| number.parse::<usize>().ok()?.checked_sub(1)));
            rest = behind.strip_prefix(']').filter(|_| content.starts_with('[')).unwrap_or(behind);
        } else {
            // No bracket of a model's may be taken for a citation of ours.
            kept.push_str(before);
            kept.push('(');
            rest = inside;
            if !round {
                kept.push_str(&content.replace('[', "("));
                kept.push(')');
                rest = behind;
            }
        }
    }
    kept.push_str(&rest.replace('[', "("));
    (kept, named)
}

/// `1`, `1, 2`, `^3`, `Passage 1`, `1†source`.
fn is_number_list(inside: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | ';' | '-' | '^' | '†' | '#' | '+' | ':');
    inside.len() <= 24 && inside.chars().any(|c| c.is_ascii_digit()) && inside.chars().all(fits)
}

/// `Passage 1`, `source: 2`.
fn names_a_passage(inside: &str) -> bool {
    let inside = lower(inside);
    let rest = NAMED.iter().find_map(|word| inside.strip_prefix(word));
    let fits = |c: char| c.is_ascii_digit() || matches!(c, ' ' | ',' | ':' | 's' | '-' | '.');
    rest.is_some_and(|rest| rest.len() <= 16 && rest.chars().any(|c| c.is_ascii_digit()) && rest.chars().all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citations_of_every_form_are_taken_out() {
        let check = |text: &str, kept: &str, named: &[usize]| {
            assert_eq!(without_citations(text), (kept.to_owned(), named.to_vec()), "{text}");
        };
        check("Open at 8 [1].", "Open at 8.", &[0]);
        check("Open [1][12] at 8 [2, 3].", "Open at 8.", &[0, 11, 1, 2]);
        check("Open at 8 [[1]].", "Open at 8.", &[0]);
        check("Open at 8 【2】.", "Open at 8.", &[1]);
        check("Open at 8 (Passage 1).", "Open at 8.", &[0]);
        check("Open (from 8) [+1] [0]", "Open (from 8)", &[0]);
        check("a [link](https://x.example) b", "a (link)(https://x.example) b", &[]);
        check("Open [ at", "Open ( at", &[]);
        check("[[", "((", &[]);
    }
}
