//! The demo shop's own pages, and what its visitors ask of them.

use std::path::Path;

use inferkit_index::{bench, index, source};

/// Well below what was measured (`docs/knowledge.md`), so that a page can be rewritten; a look-up that is broken, or pages
/// that are no longer read, are far below this.
#[test]
fn the_shops_pages_answer_what_its_visitors_ask() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let site = source::read(&root.join("public/shop"), |_| {}).expect("the shop's pages");
    assert_eq!(site.remarks.iter().filter(|remark| remark.skipped).count(), 0);
    let questions = bench::questions(&root.join("tests/knowledge/shop.json")).expect("the shop's questions");
    let pages: Vec<&str> = site.pages.iter().map(|page| page.url.as_str()).collect();
    for expected in questions.iter().flat_map(|question| &question.expected) {
        let page = expected.split('#').next().unwrap_or_default();
        assert!(pages.contains(&page), "{expected} is on no page");
    }
    let measured = bench::measure(&site.pages, &index::Aids::default(), &questions).expect("an index");
    assert_eq!((measured.answerable, measured.unanswerable), (40, 12));
    assert!(measured.hit_3 >= 0.6, "{measured:?}");
    assert!(measured.page_hit_3 >= 0.7, "{measured:?}");
    assert!(measured.refused_wrongly <= 0.2 && measured.refused_rightly >= 0.6, "{measured:?}");
}
