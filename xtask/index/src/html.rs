//! An HTML page's main text, section by section.
//!
//! What is the page's own is found by landmarks: `main`, else a single `article`, else the smallest element that holds
//! most of the text outside of links. Navigation, footers, forms, what is hidden, and what the site marks with
//! `data-inferkit-ignore` are left out. Any bytes are a page: html5ever reads as browsers do.

use scraper::{ElementRef, Html, Node};

use crate::page::{Page, Section};

/// Levels of elements that are followed into: a page that nests deeper is cut there, since each takes stack.
const MOST_DEPTH: usize = 200;

/// Open elements from which on a page is refused: the parser's time grows with their square.
const MOST_NESTED: usize = 2_000;

/// Whether a page opens many more elements than it closes, so that reading it would take minutes. Elements whose end a
/// page may leave out do not count.
pub fn nests_too_deep(text: &str) -> bool {
    const ENDLESS: [&str; 22] = [
        "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "br", "hr", "img",
        "input", "meta", "link", "source", "wbr", "col", "area",
    ];
    let mut depth = 0_usize;
    for tag in text.split('<').skip(1) {
        let (name, closes) = tag.strip_prefix('/').map_or((tag, false), |name| (name, true));
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name[..end].to_ascii_lowercase();
        if name.is_empty() || ENDLESS.contains(&name.as_str()) {
            continue;
        }
        depth = if closes { depth.saturating_sub(1) } else { depth + 1 };
        if depth > MOST_NESTED {
            return true;
        }
    }
    false
}

/// Reads a page; its title is as it stands there.
pub fn read(url: &str, text: &str) -> Page {
    let document = Html::parse_document(text);
    let root = document.root_element();
    let title = first(root, "title").map(|title| line(&plain(title, 0))).unwrap_or_default();
    let mut reader = Reader { language: root.attr("lang").unwrap_or_default().to_owned(), ..Reader::default() };
    reader.open(String::new(), Vec::new());
    let ignored = root.attr("data-inferkit-ignore").is_some()
        || first(root, "body").is_some_and(|body| body.attr("data-inferkit-ignore").is_some());
    if !ignored && let Some(main) = main(root) {
        reader.language_of(main);
        reader.walk(main, 0);
    }
    reader.close();
    let title =
        if title.is_empty() { reader.sections.iter().find_map(|own| own.path.first().cloned()) } else { Some(title) };
    Page { url: url.to_owned(), title: title.unwrap_or_else(|| url.to_owned()), sections: reader.sections }
}

/// The first element of this name below another.
fn first<'a>(root: ElementRef<'a>, name: &str) -> Option<ElementRef<'a>> {
    root.descendent_elements().find(|element| element.value().name() == name)
}

/// The element with the page's own text.
fn main(root: ElementRef<'_>) -> Option<ElementRef<'_>> {
    const CONTAINERS: [&str; 8] = ["div", "section", "article", "center", "table", "tbody", "tr", "td"];
    let is_main = |element: &ElementRef<'_>| element.value().name() == "main" || element.attr("role") == Some("main");
    if let Some(main) = root.descendent_elements().find(|element| is_main(element) && !is_left_out(*element)) {
        return Some(main);
    }
    let mut articles = root.descendent_elements().filter(|element| element.value().name() == "article");
    if let (Some(article), None) = (articles.next(), articles.next()) {
        return Some(article);
    }
    let mut densest = first(root, "body")?;
    let whole = text_outside_links(densest, 0);
    for _ in 0..MOST_DEPTH {
        let holds = |child: &ElementRef<'_>| CONTAINERS.contains(&child.value().name());
        let child = densest.child_elements().filter(holds).max_by_key(|child| text_outside_links(*child, 0));
        match child {
            // Four fifths of the text: a column beside the rest, and not the first of several parts of it.
            Some(child) if 5 * text_outside_links(child, 0) >= 4 * whole.max(1) => densest = child,
            _ => break,
        }
    }
    Some(densest)
}

/// How many bytes of text an element has that are no link's, and not left out.
fn text_outside_links(element: ElementRef<'_>, depth: usize) -> usize {
    if is_left_out(element) || element.value().name() == "a" || depth > MOST_DEPTH {
        return 0;
    }
    let own: usize = element.children().filter_map(|node| node.value().as_text()).map(|text| text.trim().len()).sum();
    own + element.child_elements().map(|child| text_outside_links(child, depth + 1)).sum::<usize>()
}

/// Whether an element is no part of the page's own text.
fn is_left_out(element: ElementRef<'_>) -> bool {
    const NAMES: [&str; 19] = [
        "nav", "footer", "script", "style", "template", "noscript", "form", "button", "input", "select", "textarea",
        "svg", "iframe", "object", "canvas", "audio", "video", "dialog", "head",
    ];
    const ROLES: [&str; 7] = ["navigation", "banner", "contentinfo", "search", "menu", "dialog", "alertdialog"];
    let name = element.value().name();
    let outside = |names: &[&str]| {
        let mut above = element.ancestors().filter_map(ElementRef::wrap);
        names.contains(&name) && !above.any(|above| matches!(above.value().name(), "main" | "article"))
    };
    NAMES.contains(&name)
        || element.attr("role").is_some_and(|role| ROLES.contains(&role))
        || element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
        || element.attr("data-inferkit-ignore").is_some()
        || outside(&["header", "aside"])
}

/// The level of a heading; `summary` opens what it folds away, as a heading below all others.
fn level(element: ElementRef<'_>) -> Option<u8> {
    match element.value().name() {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        "summary" => Some(7),
        _ => None,
    }
}

/// Whether an element's text is a paragraph of its own.
fn is_block(name: &str) -> bool {
    const NAMES: [&str; 27] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "header",
        "hr",
        "li",
        "main",
        "menu",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tr",
        "ul",
    ];
    NAMES.contains(&name)
}

/// An element's text, with the space that it has.
fn plain(element: ElementRef<'_>, depth: usize) -> String {
    let mut text = String::new();
    for node in element.children() {
        match node.value() {
            Node::Text(own) => text.push_str(own),
            Node::Element(_) if depth < MOST_DEPTH => {
                let Some(child) = ElementRef::wrap(node).filter(|child| !is_left_out(*child)) else { continue };
                let inner = plain(child, depth + 1);
                // A link to the heading itself.
                let is_mark = child.value().name() == "a" && matches!(inner.trim(), "#" | "¶" | "§" | "🔗" | "");
                if !is_mark {
                    text.push_str(&inner);
                }
            }
            _ => {}
        }
    }
    text
}

/// One line, with single spaces.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Collects sections while it walks over a page.
#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    /// The headings above, each with its level.
    above: Vec<(u8, String)>,
    open: Section,
    /// The paragraph that is being read.
    paragraph: String,
    language: String,
}

impl Reader {
    fn open(&mut self, anchor: String, path: Vec<String>) {
        self.open = Section { anchor, path, language: self.language.clone(), text: String::new() };
    }

    /// Ends the paragraph.
    fn rest(&mut self) {
        let text = line(&std::mem::take(&mut self.paragraph));
        if !text.is_empty() {
            if !self.open.text.is_empty() {
                self.open.text.push('\n');
            }
            self.open.text.push_str(&text);
        }
    }

    /// Ends the section.
    fn close(&mut self) {
        self.rest();
        let section = std::mem::take(&mut self.open);
        // A heading that only parts a page is in the paths of those below it.
        if !section.text.is_empty() || !section.anchor.is_empty() {
            self.sections.push(section);
        }
    }

    fn language_of(&mut self, element: ElementRef<'_>) {
        if let Some(language) = element.attr("lang") {
            language.clone_into(&mut self.language);
            if self.open.text.is_empty() && self.paragraph.trim().is_empty() {
                self.open.language.clone_from(&self.language);
            }
        }
    }

    fn heading(&mut self, element: ElementRef<'_>, level: u8) {
        let text = line(&plain(element, 0));
        if text.is_empty() {
            return;
        }
        self.close();
        self.above.retain(|(other, _)| *other < level);
        self.above.push((level, text));
        let path = self.above.iter().map(|(_, text)| text.clone()).collect();
        self.open(anchor(element), path);
    }

    fn walk(&mut self, element: ElementRef<'_>, depth: usize) {
        for node in element.children() {
            match node.value() {
                Node::Text(text) => self.paragraph.push_str(text),
                Node::Element(_) if depth < MOST_DEPTH => {
                    let Some(child) = ElementRef::wrap(node).filter(|child| !is_left_out(*child)) else { continue };
                    let language = self.language.clone();
                    self.language_of(child);
                    self.element(child, depth);
                    self.language = language;
                }
                _ => {}
            }
        }
    }

    fn element(&mut self, element: ElementRef<'_>, depth: usize) {
        if let Some(level) = level(element) {
            return self.heading(element, level);
        }
        let name = element.value().name();
        match name {
            // A code block's lines are its paragraphs.
            "pre" => {
                self.rest();
                for line in plain(element, 0).lines() {
                    self.paragraph.push_str(line);
                    self.rest();
                }
            }
            "td" | "th" => {
                if !self.paragraph.trim().is_empty() {
                    self.paragraph.push_str(" | ");
                }
                self.walk(element, depth + 1);
            }
            _ if is_block(name) => {
                self.rest();
                self.walk(element, depth + 1);
                self.rest();
            }
            _ => self.walk(element, depth + 1),
        }
        // What was folded away has ended; what follows it is its neighbours'.
        if name == "details" && self.above.last().is_some_and(|(level, _)| *level == 7) {
            self.close();
            self.above.pop();
            let path = self.above.iter().map(|(_, text)| text.clone()).collect();
            self.open(String::new(), path);
        }
    }
}

/// The `id` that leads to a heading: its own, one in it, or that of the element that it opens.
fn anchor(heading: ElementRef<'_>) -> String {
    let own = |element: ElementRef<'_>| element.attr("id").filter(|id| !id.is_empty()).map(str::to_owned);
    let inside =
        || heading.descendent_elements().find_map(|inner| own(inner).or(inner.attr("name").map(str::to_owned)));
    let around = || {
        let parent = ElementRef::wrap(heading.parent()?)?;
        let opens = parent.child_elements().next() == Some(heading);
        let holds = matches!(parent.value().name(), "section" | "div" | "article" | "details" | "li");
        if opens && holds { own(parent) } else { None }
    };
    own(heading).or_else(inside).or_else(around).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A page's sections as `path>heading#anchor: text`, paragraphs parted by `/`.
    fn sections(html: &str) -> Vec<String> {
        let page = read("page.html", html);
        let one = |section: &Section| {
            format!("{}#{}: {}", section.path.join(">"), section.anchor, section.text.replace('\n', "/"))
        };
        page.sections.iter().map(one).collect()
    }

    #[test]
    fn a_page_is_read_section_by_section() {
        let check = |html: &str, expected: &[&str]| assert_eq!(sections(html), expected, "{html}");
        check(
            "<main>Before.<h1>Shop</h1><p>One<br>two</p><h2 id=a>A</h2>x<h3 id=b>B</h3>y<h2>C</h2>z</main>",
            &["#: Before.", "Shop#: One/two", "Shop>A#a: x", "Shop>A>B#b: y", "Shop>C#: z"],
        );
        check(
            "<body><h2 id=a>A</h2><table><tr><th>Size<th>Price<tr><td>S<td>3</table><pre>a  b\nc</pre>",
            &["A#a: Size | Price/S | 3/a b/c"],
        );
        check("<main><ul><li>One <b>bold</b><li><p>Two</ul><dl><dt>T<dd>D</dl>", &["#: One bold/Two/T/D"]);
        check("<h2>Only a heading</h2>", &[]);
        check("<h2 id=a>With an anchor</h2>", &["With an anchor#a: "]);
        check("", &[]);
    }

    #[test]
    fn an_anchor_is_found_where_generators_put_it() {
        let check = |html: &str, expected: &str| assert_eq!(read("", html).sections[0].anchor, expected, "{html}");
        check("<h2 id=own>A</h2>x", "own");
        check("<h2><a name=old></a>A</h2>x", "old");
        check("<h2>A<a id=mark href='#mark'>¶</a></h2>x", "mark");
        check("<section id=around><h2>A</h2>x</section>", "around");
        check("<section id=around><p>y</p><h2>A</h2></section>", "");
        check("<details id=fold><summary>A</summary>x</details>", "fold");
        assert_eq!(read("", "<h2>A <a href='#a'>#</a></h2>x").sections[0].path, ["A"]);
    }

    #[test]
    fn what_is_folded_away_is_a_section_and_ends_with_it() {
        let html = "<h2 id=faq>FAQ</h2><details id=q><summary>Why?</summary>Because.</details><p>After.";
        assert_eq!(sections(html), ["FAQ#faq: ", "FAQ>Why?#q: Because.", "FAQ#: After."]);
    }

    #[test]
    fn only_the_pages_own_text_is_taken() {
        let check = |html: &str, expected: &[&str]| assert_eq!(sections(html), expected, "{html}");
        check(
            "<header>Brand<nav>Menu</nav></header><main>Text<nav>On this page</nav></main><footer>Imprint</footer>",
            &["#: Text"],
        );
        check("<nav>Menu</nav><article><header><h1>A</h1></header>Text<aside>Tip</aside></article>", &["A#: Text/Tip"]);
        check(
            "<div role=navigation>Menu</div><div><div><p>A long text of the page.</div></div><a>Link</a>",
            &["#: A long text of the page."],
        );
        let parts = ["hidden", "aria-hidden=true", "data-inferkit-ignore", "role=search", "role=dialog"];
        for part in parts {
            check(
                &format!("<main>Seen<div {part}>Unseen</div><script>x</script><button>Buy</button></main>"),
                &["#: Seen"],
            );
        }
        check("<html data-inferkit-ignore><main>Text</main>", &[]);
        check(
            "<aside>Beside</aside><p>The page's text, which is longer than that.",
            &["#: The page's text, which is longer than that."],
        );
    }

    #[test]
    fn title_and_language_are_the_pages() {
        let page = read("a.html", "<html lang=de-CH><title> Der\n Laden </title><main>Eins<p lang=en>Two</p></main>");
        assert_eq!((page.title.as_str(), page.sections[0].language.as_str()), ("Der Laden", "de-CH"));
        let page = read("a.html", "<main lang=fr><h1>Un</h1>x<div lang=en><h2>Two</h2>y</div><h2>Trois</h2>z</main>");
        let languages: Vec<&str> = page.sections.iter().map(|section| section.language.as_str()).collect();
        assert_eq!((page.title.as_str(), languages), ("Un", vec!["fr", "en", "fr"]));
        assert_eq!(read("a.html", "<p>x").title, "a.html");
    }

    #[test]
    fn a_page_that_nests_without_end_is_cut() {
        let html = format!("<main>Text{}deep", "<div>".repeat(MOST_NESTED - 10));
        assert_eq!(sections(&html), ["#: Text"]);
        assert!(!nests_too_deep(&html) && nests_too_deep(&html.repeat(2)));
        assert!(!nests_too_deep(&"<li>a<p>b<br><td>c<div>d</div>".repeat(MOST_NESTED)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_page(html in "(<(main|h2 id=a|p|/p|/h2|nav|details|summary|td|pre|!--)>|[a-z<>&;\"é]){0,40}") {
            let page = read("a.html", &html);
            prop_assert!(page.sections.iter().all(|section| section.text.lines().all(|line| !line.trim().is_empty())));
        }
    }
}
