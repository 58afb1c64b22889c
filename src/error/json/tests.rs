//! What both readers promise, tried on the native one; `tests/json_suite.rs` has the cases on which readers disagree.

use super::*;
use proptest::prelude::*;

#[test]
fn a_member_is_found_wherever_it_stands() {
    let text = br#" { "a" : [ 1 , { "b" : "x" } , [ ] ] , "b" : { "b" : "}]\"" } , "\u0063" : -1.5e+3 } "#;
    let value = parse(text).expect("JSON");
    let b = |value: Value| value.get("b")?.string();
    assert_eq!(value.get("b").and_then(b).as_deref(), Some("}]\""));
    let mut elements = value.get("a").and_then(|array| array.elements()).expect("an array").into_iter();
    assert_eq!(elements.next().and_then(|one| one.integer()), Some(1));
    assert_eq!(elements.next().and_then(b).as_deref(), Some("x"));
    assert_eq!(elements.next().and_then(|empty| Some(empty.elements()?.len())), Some(0));
    assert_eq!(elements.next(), None);
    assert_eq!(value.get("c").map(|value| (value.integer(), value.string())), Some((None, None)));
    assert_eq!(value.get("d"), None);
    assert_eq!(value.get("a").and_then(|array| array.get("b")), None);
}

#[test]
fn a_value_is_what_it_is_and_nothing_else() {
    let check = |text: &str, integer: Option<u64>, boolean: Option<bool>, null: bool, string: Option<&str>| {
        let value = parse(text.as_bytes()).expect(text);
        let seen = (value.integer(), value.boolean(), value.is_null(), value.string());
        assert_eq!(seen, (integer, boolean, null, string.map(str::to_owned)), "{text}");
    };
    check("7", Some(7), None, false, None);
    check("7.0", Some(7), None, false, None);
    check("7.5", None, None, false, None);
    check("9007199254740991", Some(9_007_199_254_740_991), None, false, None);
    check("9007199254740993", None, None, false, None);
    check("-7", None, None, false, None);
    check("18446744073709551616", None, None, false, None);
    check("true", None, Some(true), false, None);
    check(" null\n", None, None, true, None);
    check(r#""7""#, None, None, false, Some("7"));
    check(r#""\"""#, None, None, false, Some("\""));
    check("[]", None, None, false, None);
    check("{}", None, None, false, None);
}

#[test]
fn of_members_with_one_name_the_last_wins() {
    let value = parse(br#"{"a":1,"a":{"a":2},"\u0061":3}"#).expect("JSON");
    assert_eq!(value.get("a").and_then(|a| a.integer()), Some(3));
}

#[test]
fn escapes_become_characters() {
    let check = |text: &str, said: &str| {
        assert_eq!(parse(text.as_bytes()).and_then(|value| value.string()).as_deref(), Some(said), "{text}");
    };
    check(r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t");
    check(r#""\u0041\u00e9\u20AC\uD834\udd1e""#, "Aé€𝄞");
    check(r#""\u0000""#, "\0");
    check("\"é€𝄞\u{7f}\"", "é€𝄞\u{7f}");
    // Half of a pair, at the end, before something else, before another half, and in the wrong order.
    check(r#""\ud834""#, "\u{fffd}");
    check(r#""\ud834x""#, "\u{fffd}x");
    check(r#""\ud834\n""#, "\u{fffd}\n");
    check(r#""\ud834\ud834\udd1e""#, "\u{fffd}𝄞");
    check(r#""\udd1e\ud834""#, "\u{fffd}\u{fffd}");
    check(r#""\ud834\u0041""#, "\u{fffd}A");
}

#[test]
fn what_is_no_text_or_no_json_is_nothing() {
    for bytes in [&b""[..], b" ", b"{", b"[1,]", b"nul", b"<html>", b"\xff", b"[\"\xe5\"]", b"{}}", b"\xef\xbb\xbf{}"] {
        assert_eq!(parse(bytes), None, "{bytes:?}");
    }
    assert_eq!(parse(&b"[".repeat(100_000)), None);
}

proptest! {
    #[test]
    fn it_ends_on_any_bytes(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn it_ends_on_any_escapes(text in "\"([a\\\\u]|\\\\u[dD][89c-fC-F00-9][0-9a-f]{0,3}){0,9}\"") {
        let _ = parse(text.as_bytes());
    }
}
