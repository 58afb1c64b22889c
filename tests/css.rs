//! The style sheets lose nothing that a browser reads.

#[path = "../src/ui/css.rs"]
mod css;

/// Shortens a sheet that is known when this is compiled.
macro_rules! shortened {
    ($sheet:expr) => {{
        const SHORT: [u8; css::length($sheet)] = css::shorten($sheet);
        css::text(&SHORT)
    }};
}

#[test]
fn comments_and_breaks_go_and_what_they_separate_stays_apart() {
    assert_eq!(shortened!(""), "");
    assert_eq!(shortened!("/* all */"), "");
    assert_eq!(shortened!("/* a: é */\n.a{b:c}\n\n/* d */\n.e{f:g}\n"), ".a{b:c}.e{f:g}");
    assert_eq!(shortened!(".a {\n  b: c;\n  d: e f;\n}\n"), ".a {b: c;d: e f;}");
    assert_eq!(shortened!(".a,\n.b{c:d\n  e}"), ".a,.b{c:d e}");
    assert_eq!(shortened!(".a/* b */.c{d:\"  \"}"), ".a.c{d:\"  \"}");
    assert_eq!(shortened!(".a\n  /* b */\n  .c{}"), ".a .c{}");
}

/// One sheet of each component, less its white space and its comments, is one sheet of what visitors get.
#[test]
fn every_sheet_stays_what_it_is() {
    const PANEL: &str = include_str!("../style/panel.css");
    const NOTICE: &str = include_str!("../style/notice.css");
    const TOKENS: &str = include_str!("../style/tokens.css");
    for (written, short) in [(PANEL, shortened!(PANEL)), (NOTICE, shortened!(NOTICE)), (TOKENS, shortened!(TOKENS))] {
        assert!(short.len() < written.len());
        assert_eq!(dense(short), dense(written));
        assert!(!short.contains('\n') && !short.contains("/*"), "{short}");
    }
}

/// A sheet without comments and without any white space.
fn dense(sheet: &str) -> String {
    let code = sheet.split("/*").enumerate().map(|(at, part)| match at {
        0 => part,
        _ => part.split_once("*/").map_or("", |(_, code)| code),
    });
    code.flat_map(str::chars).filter(|letter| !letter.is_whitespace()).collect()
}
