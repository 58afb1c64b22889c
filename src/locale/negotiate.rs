//! Which of our languages a visitor reads best.

use super::text::{EN, LANGUAGES, Text};

/// The best language for a list of BCP 47 tags, most wanted first: the site's `locale` option, the page's `lang`,
/// then the browser's list.
///
/// Each tag is looked up as RFC 4647 §3.4 has it: `de-CH-1996`, then `de-CH`, then `de`. `_` counts as `-`, as
/// people write it. A tag of ours that is more specific than the wanted one (`pt-BR` for `pt`) is taken when the
/// lookup finds nothing better. Nothing found: the first row.
pub fn negotiate<'a>(wanted: impl IntoIterator<Item = &'a str>) -> &'static Text {
    choose(wanted, LANGUAGES)
}

fn choose<'a, 'l>(wanted: impl IntoIterator<Item = &'a str>, languages: &'l [Text]) -> &'l Text {
    wanted.into_iter().find_map(|tag| lookup(tag, languages)).unwrap_or_else(|| first(languages))
}

fn lookup<'l>(tag: &str, languages: &'l [Text]) -> Option<&'l Text> {
    let mut range: Vec<&str> = tag.trim().split(['-', '_']).collect();
    loop {
        if let Some(found) = languages.iter().find(|text| is(text.tag, &range)) {
            return Some(found);
        }
        if range.len() == 1 {
            break;
        }
        range.pop();
        // A single letter introduces an extension and means nothing without it (`de-x-…`).
        if range.len() > 1 && range.last().is_some_and(|single| single.len() == 1) {
            range.pop();
        }
    }
    let language = range.first().filter(|language| !language.is_empty())?;
    languages.iter().find(|text| text.tag.split('-').next().is_some_and(|ours| ours.eq_ignore_ascii_case(language)))
}

/// Whether a tag has exactly these parts, in any case.
fn is(tag: &str, parts: &[&str]) -> bool {
    let mut ours = tag.split('-');
    parts.iter().all(|part| ours.next().is_some_and(|ours| ours.eq_ignore_ascii_case(part))) && ours.next().is_none()
}

fn first(languages: &[Text]) -> &Text {
    languages.first().unwrap_or(&EN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &[&str], expected: &str) {
        let german = Text { tag: "de", ..EN };
        let swiss = Text { tag: "de-CH", ..EN };
        let brazilian = Text { tag: "pt-BR", ..EN };
        let languages = [EN, german, swiss, brazilian];
        assert_eq!(choose(wanted.iter().copied(), &languages).tag, expected, "{wanted:?}");
    }

    #[test]
    fn the_most_wanted_language_that_we_have() {
        check(&["de"], "de");
        check(&["de-CH"], "de-CH");
        check(&["DE_ch"], "de-CH");
        check(&["de-CH-1996"], "de-CH");
        check(&["de-AT"], "de");
        check(&["de-x-private"], "de");
        check(&["pt"], "pt-BR");
        check(&["pt-PT"], "pt-BR");
        check(&["fr", "de-AT", "en"], "de");
        check(&["fr", "en-GB", "de"], "en");
    }

    #[test]
    fn nonsense_falls_back_to_the_first() {
        check(&[], "en");
        check(&["", "-", "--", "   ", "x-klingon", "d", "☃"], "en");
        check(&["xx", "*"], "en");
    }

    #[test]
    fn every_language_has_its_own_tag() {
        for (index, text) in LANGUAGES.iter().enumerate() {
            assert!(LANGUAGES.iter().skip(index + 1).all(|other| other.tag != text.tag), "{} twice", text.tag);
        }
        assert_eq!(negotiate(["zz"]).tag, "en");
    }
}
