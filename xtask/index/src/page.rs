//! A page, read.

/// One document of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its address, relative to the site's root.
    pub url: String,
    /// Its title, without what all titles of the site end with.
    pub title: String,
    /// Its sections with text, in order.
    pub sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The `id` that leads to it, or "".
    pub anchor: String,
    /// The headings above it, its own last; empty for what stands before the first.
    pub path: Vec<String>,
    /// Its language's tag, or "" where the page does not say.
    pub language: String,
    /// Its text, one line per paragraph.
    pub text: String,
}

/// What stands at the end of most titles, with what parts it from the rest: ` | The Shop`.
pub fn common_ending(titles: &[&str]) -> Option<String> {
    const PARTS: [&str; 6] = [" | ", " - ", " – ", " — ", " · ", " :: "];
    let endings =
        |title: &str| PARTS.iter().filter_map(|part| title.rfind(part)).max().map(|at| title[at..].to_owned());
    let first = titles.iter().find_map(|title| endings(title))?;
    let mut endings: Vec<String> = titles.iter().filter_map(|title| endings(title)).collect();
    endings.sort();
    let most = endings.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).map(|same| (same.len(), same[0].clone()));
    let (count, ending) = most.unwrap_or((0, first));
    (count > 1 && 2 * count > titles.len()).then_some(ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_name_is_found_at_the_end_of_titles() {
        let check = |titles: &[&str], expected: Option<&str>| {
            assert_eq!(common_ending(titles).as_deref(), expected, "{titles:?}");
        };
        check(&["Hours | Shop", "Returns | Shop", "Shop"], Some(" | Shop"));
        check(&["Hours – Open - Shop", "Returns - Shop"], Some(" - Shop"));
        check(&["Hours | Shop"], None);
        check(&["A | B", "C | D", "E | B", "F"], None);
        check(&[], None);
    }
}
