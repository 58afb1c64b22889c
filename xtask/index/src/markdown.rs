//! A Markdown page: CommonMark with tables, made HTML, with an `id` for each heading as GitHub and most generators make
//! them. YAML front matter may give the title and the language.

use std::collections::BTreeMap;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::{html as reader, page::Page};

/// Reads a page.
pub fn read(url: &str, text: &str) -> Page {
    let (front, body) = front_matter(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_HEADING_ATTRIBUTES;
    let mut events: Vec<Event<'_>> = Parser::new_ext(body, options).collect();
    name_headings(&mut events);
    let mut content = String::new();
    html::push_html(&mut content, events.into_iter());
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let title = front.get("title").map(|title| format!("<title>{}</title>", escaped(title))).unwrap_or_default();
    let language = front.get("lang").or(front.get("language")).map(|tag| escaped(tag)).unwrap_or_default();
    reader::read(url, &format!("<html lang=\"{language}\">{title}<main>{content}</main></html>"))
}

/// The fields before the text, as far as they are plain.
fn front_matter(text: &str) -> (BTreeMap<&str, &str>, &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let fenced = text.strip_prefix("---\n").or(text.strip_prefix("---\r\n"));
    let Some((front, body)) = fenced.and_then(|rest| rest.split_once("\n---")) else { return (BTreeMap::new(), text) };
    let fields = front.lines().filter_map(|line| line.split_once(':'));
    let plain = |value: &str| !value.is_empty() && !value.starts_with(['[', '{', '|', '>', '&', '*', '!']);
    let fields = fields.map(|(name, value)| (name.trim(), value.trim().trim_matches(['"', '\''])));
    (fields.filter(|(_, value)| plain(value)).collect(), body.trim_start_matches(['-', '\r', '\n']))
}

/// Gives each heading without an `id` one that is made of its text.
fn name_headings(events: &mut [Event<'_>]) {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    for at in 0..events.len() {
        let (head, tail) = events.split_at_mut(at + 1);
        let Some(Event::Start(Tag::Heading { id, .. })) = head.last_mut() else { continue };
        if id.is_some() {
            continue;
        }
        let inside = tail.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
        let text: String = inside
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
                _ => None,
            })
            .collect();
        let name = slug(&text);
        let count = used.entry(name.clone()).and_modify(|count| *count += 1).or_default();
        let name = if *count == 0 { name } else { format!("{name}-{count}") };
        *id = Some(CowStr::from(name));
    }
}

/// Small letters, digits and hyphens, as in an address.
fn slug(text: &str) -> String {
    let spoken = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let letters = text.trim().chars().filter_map(|c| match c {
        c if c.is_whitespace() => Some('-'),
        c => spoken(c).then_some(c),
    });
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_anchors_and_front_matter() {
        let text = "---\ntitle: \"The Shop: hours\"\nlang: de\ntags: [a, b]\n---\n\n# Hours\n\nOpen *daily*.\n\n## On `Sundays` & so\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n## Named {#own}\nx\n## Named\ny\n## Named\nz";
        let page = read("hours.html", text);
        assert_eq!(page.title, "The Shop: hours");
        let sections: Vec<(&str, &str)> =
            page.sections.iter().map(|section| (section.anchor.as_str(), section.text.as_str())).collect();
        assert_eq!(
            sections,
            [
                ("hours", "Open daily."),
                ("on-sundays--so", "a | b\n1 | 2"),
                ("own", "x"),
                ("named", "y"),
                ("named-1", "z"),
            ]
        );
        assert!(page.sections.iter().all(|section| section.language == "de"));
    }

    #[test]
    fn a_page_without_front_matter_is_titled_by_its_heading() {
        assert_eq!(read("a.html", "# A\n\ntext").title, "A");
        assert_eq!(read("a.html", "---\nnot: closed").sections.len(), 1);
        assert_eq!(read("a.html", "").title, "a.html");
    }
}
