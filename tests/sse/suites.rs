//! The lists that other people test their readers of event streams with, point by point and in our own words: WPT's
//! `eventsource/format-*` and the suite of the npm package `eventsource-parser`. Each stream is read in every cut.

use super::format::{check, event, message};
use inferkit_widget::answer::remote::{is_event_stream, sse::Item};

/// By the names of WPT's files, each with one stream or several.
#[test]
fn web_platform_tests() {
    let case = |_name: &str, text: &str, expected: &[Item]| check(text, expected);
    case("bom", "\u{feff}data:a\n\n\u{feff}data:b\n\ndata:c\n\n", &[message("a"), message("c")]);
    case("bom-2", "\u{feff}\u{feff}data:a\n\ndata:b\n\ndata:c\n\n", &[message("b"), message("c")]);
    let long = "y".repeat(2048);
    case(
        "comments",
        &format!("data:a\r:\0\n:\r\ndata:b\n:{long}\rdata:c\n:data:no\r:{long}\ndata:d\n\n"),
        &[Item::Comment, Item::Comment, Item::Comment, Item::Comment, Item::Comment, message("a\nb\nc\nd")],
    );
    case("data-before-final-empty-line", "retry:9\ndata:a\n\nid:k\n\n", &[message("a")]);
    case("field-data", "data:\n\ndata\ndata\n\ndata:a\n\n", &[message(""), message("\n"), message("a")]);
    case("field-event", "event:kind\ndata:a\n\ndata:b\n\n", &[event("kind", "a", ""), message("b")]);
    case("field-event-empty", "event: \ndata:a\n\n", &[message("a")]);
    case("field-id", "id: ü…\nretry:2\ndata:a\n\ndata:b\n\n", &[event("", "a", "ü…"), event("", "b", "ü…")]);
    case(
        "field-id-2",
        "id: …\ndata:a\n\nid\ndata:b\n\nid:z\n\ndata:c\n\n",
        &[event("", "a", "…"), message("b"), event("", "c", "z")],
    );
    case("field-id-3", "id: …\ndata:a\n\nid:\ndata:b\n\n", &[event("", "a", "…"), message("b")]);
    for id in ["\0\0", "x\0", "\0x", "x\0x", " \0"] {
        case("field-id-null", &format!("id:{id}\ndata:a\n\n"), &[message("a")]);
        let kept = [event("", "a", "old")];
        case("field-id-null", &format!("id:old\nid:{id}\ndata:a\n\n"), &kept);
    }
    case(
        "field-parsing",
        "data:\0\ndata:  b\rData:no\ndata\0:no\ndata:c\r\0data:no\nda-ta:no\rdata_5\ndata:d\rdata:\r\n data:no\ndata:e\n\n",
        &[message("\0\n b\nc\nd\n\ne")],
    );
    case("field-retry", "retry:3000\ndata:a\n\n", &[message("a")]);
    case("field-retry-bogus", "retry:3000\nretry:1000x\ndata:a\n\n", &[message("a")]);
    case("field-retry-empty", "retry\ndata:a\n\n", &[message("a")]);
    case("field-unknown", "data:a\n data\ndata\nodd:b\nwords\n:note\ndata:c\n\n", &[Item::Comment, message("a\n\nc")]);
    case("leading-space", "data:\ta\rdata: \ndata:b\n\n", &[message("\ta\n\nb")]);
    case("newlines", "data:a\r\ndata\ndata:b\r\n\r", &[message("a\n\nb")]);
    case("null-character", "data:\0\n\n\n\n", &[message("\0")]);
    case("utf-8", "data:ok…\n\n", &[message("ok…")]);
    // Inside a stream the charset of the header means nothing, and what stands behind the type can be nonsense.
    assert!(!is_event_stream("x-odd/type"), "mime-bogus");
    assert!(is_event_stream("text/event-stream;"), "mime-trailing-semicolon");
    assert!(is_event_stream("text/event-stream;x odd"), "mime-valid-bogus");
}

#[test]
fn eventsource_parsers_unnamed_named_and_identified_events() {
    check("data: 0\n\ndata: 1\n\nevent: done\ndata: ✔\n\n", &[message("0"), message("1"), event("done", "✔", "")]);
    check(
        "event: time\ndata: 2026-01-02T03:04:05.678Z\n\nevent: time\ndata: 2026-01-02T03:04:05.928Z\n\n",
        &[event("time", "2026-01-02T03:04:05.678Z", ""), event("time", "2026-01-02T03:04:05.928Z", "")],
    );
    check(
        "id: 41\nevent: tick\nretry: 50\ndata: 41\n\nid: 42\nevent: tick\nretry: 50\ndata: 42\n\n",
        &[event("tick", "41", "41"), event("tick", "42", "42")],
    );
    check("id:1\nretry:\ndata:🧹\n\nid: 2\ndata: ✅\n\n", &[event("", "🧹", "1"), event("", "✅", "2")]);
    check("event:\ndata: a\n\nevent:\n\nevent: done\ndata: b\n\n", &[message("a"), event("done", "b", "")]);
}

#[test]
fn eventsource_parsers_lines_and_characters() {
    check(
        "event: stock\ndata: ABC\ndata: +2\ndata: 10\n\nevent: stock\ndata: DEF\ndata: -8\ndata: 1881\n\n",
        &[event("stock", "ABC\n+2\n10", ""), event("stock", "DEF\n-8\n1881", "")],
    );
    for end in ["\r", "\n", "\r\n"] {
        let text = format!("data: a{end}data: b{end}{end}data: c{end}data: d{end}{end}");
        check(text, &[message("a\nb"), message("c\nd")]);
    }
    check("\n\n\n\nid: 1\ndata: 今日は雨が降る\n\n", &[event("", "今日は雨が降る", "1")]);
    // Characters of two, three and four bytes, joined ones, and letters that run the other way.
    let words = "Straße żółć 你好 कॉफ़ी قهوة 👩‍👩‍👧‍👦 🇳🇴 é\u{301}";
    check(format!("id: 7\ndata:{words}\ndata:{words}\n\n"), &[event("", &format!("{words}\n{words}"), "7")]);
}

#[test]
fn eventsource_parsers_comments_and_marks() {
    check(": ♥\n\ndata: A\n\n: ♥\n\ndata: B\n\n", &[Item::Comment, message("A"), Item::Comment, message("B")]);
    let colons = ":".repeat(300);
    check(
        format!(": Hi\n\n{colons}\ndata: a\n\n: Первый: 第二\ndata: b\n\n: ثالث\n:നാല് :\ndata: c\n\n"),
        &[
            Item::Comment,
            Item::Comment,
            message("a"),
            Item::Comment,
            message("b"),
            Item::Comment,
            Item::Comment,
            message("c"),
        ],
    );
    check("data: a\n\n\u{feff}data: no\n\ndata: c\n\n", &[message("a"), message("c")]);
}

#[test]
fn eventsource_parsers_bodies_that_are_no_stream() {
    for body in [
        r#"{"error":"Internal Server Error","message":"The request could not be processed"}"#,
        "{\"error\":\"Internal Server Error\"}\n",
        "This is not a stream\n",
        "<!doctype html>\n<title>502</title>\n\n",
    ] {
        check(body, &[]);
    }
}
