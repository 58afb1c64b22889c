//! From bytes to events: the format as the standard has it, and the limit of one event.

use inferkit_widget::answer::remote::sse::{Item, MOST_EVENT_BYTES, Parser, ServerEvent, TooLong};
use proptest::prelude::*;

/// One event with everything that it says.
pub fn event(name: &str, data: &str, id: &str) -> Item {
    Item::Event(ServerEvent { name: name.into(), data: data.into(), id: id.into() })
}

/// One event with nothing but data.
pub fn message(data: &str) -> Item {
    event("", data, "")
}

/// Everything that the pieces say: the items, and what the end cut off.
fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Result<(), TooLong>, Vec<Item>, Option<ServerEvent>) {
    let mut parser = Parser::default();
    let mut items = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        result = parser.push(piece, &mut items);
    }
    (result, items, parser.finish())
}

/// The same bytes whole, byte by byte, and cut in two at every offset, with an empty piece in between.
fn check_cut(bytes: &[u8], expected: &[Item], cut_off: Option<&Item>) {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
    let same = |pieces: &[&[u8]], how: &str| {
        let (result, items, last) = parse(pieces.iter().copied());
        assert_eq!(result, Ok(()), "{how}: {shown:?}");
        assert_eq!(items, expected, "{how}: {shown:?}");
        assert_eq!(last.map(Item::Event).as_ref(), cut_off, "{how}: {shown:?}");
    };
    same(&[bytes], "whole");
    same(&bytes.chunks(1).collect::<Vec<_>>(), "byte by byte");
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        same(&[head, &[], tail], &format!("cut at {at}"));
    }
}

/// The stream says exactly this, however it is cut.
pub fn check(text: impl AsRef<[u8]>, expected: &[Item]) {
    check_cut(text.as_ref(), expected, None);
}

#[test]
fn lines_end_in_three_ways() {
    check("data:test\r\ndata\ndata:test\r\n\r", &[message("test\n\ntest")]);
    check("data:1\n\ndata:2\r\rdata:3\r\n\r\n", &[message("1"), message("2"), message("3")]);
    check("data:1\n\r\ndata:2\r\n\ndata:3\r\r\n", &[message("1"), message("2"), message("3")]);
    check("data:1\r\n\r\n\r\n\n\n\r\r\rdata:2\n\n", &[message("1"), message("2")]);
    // No other character ends one.
    check("data:a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f\n\n", &[message("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f")]);
}

#[test]
fn a_return_ends_its_line_at_once() {
    let mut parser = Parser::default();
    let mut items = Vec::new();
    assert_eq!(parser.push(b"data:1\r\r", &mut items), Ok(()));
    assert_eq!(items, [message("1")]);
    assert_eq!(parser.push(b"\ndata:2\r\n\r", &mut items), Ok(()));
    assert_eq!(items, [message("1"), message("2")]);
    assert_eq!(parser.push(b"", &mut items), Ok(()));
    assert_eq!(parser.push(b"\n\n", &mut items), Ok(()));
    assert_eq!(items.len(), 2);
}

#[test]
fn one_byte_order_mark_at_the_beginning_is_none_of_the_text() {
    check("\u{feff}data:1\n\ndata:2\n\n", &[message("1"), message("2")]);
    check("\u{feff}\u{feff}data:1\n\ndata:2\n\ndata:3\n\n", &[message("2"), message("3")]);
    check("data:1\n\n\u{feff}data:2\n\ndata:3\n\n", &[message("1"), message("3")]);
    check("\n\u{feff}data:1\n\n", &[]);
    check("\u{feff}:\n", &[Item::Comment]);
    check("\u{feff}", &[]);
    check(b"\xef\xbbdata:1\n\ndata:2\n\n", &[message("2")]);
}

#[test]
fn fields_are_read_by_the_letter() {
    check(
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        &[message("\0\n 2\n1\n3\n\n4")],
    );
    check(
        "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        &[Item::Comment, message("test\n\ntest")],
    );
    check("data: a:b : c\n\n", &[message("a:b : c")]);
    check("data:\ttest\rdata: \ndata:test\n\n", &[message("\ttest\n\ntest")]);
}

#[test]
fn data_may_be_empty_or_missing() {
    check("data:\n\ndata\ndata\n\ndata:test\n\n", &[message(""), message("\n"), message("test")]);
    check("data: \n\ndata:\ndata:\ndata:\n\n", &[message(""), message("\n\n")]);
    check("event:a\nid:1\n\nevent:b\n\ndata:x\n\n", &[event("", "x", "1")]);
    check("\n\n\n", &[]);
    check("", &[]);
}

#[test]
fn an_event_has_its_own_name() {
    check("event:test\ndata:x\n\ndata:y\n\n", &[event("test", "x", ""), message("y")]);
    check("event: \ndata:data\n\n", &[message("data")]);
    check("event:a\nevent:b\ndata:x\nevent:c\n\n", &[event("c", "x", "")]);
    check("event:a\nevent\ndata:x\n\n", &[message("x")]);
    check("event:  a \ndata:x\n\n", &[event(" a ", "x", "")]);
}

#[test]
fn an_id_lasts_until_another() {
    check(
        "id:1\ndata:a\n\ndata:b\n\nid:2\ndata:c\n\nid\ndata:d\n\n",
        &[event("", "a", "1"), event("", "b", "1"), event("", "c", "2"), message("d")],
    );
    check("id: …é\ndata:a\n\n", &[event("", "a", "…é")]);
    check("id:1\nid:a\0b\ndata:a\n\nid:\0\ndata:b\n\n", &[event("", "a", "1"), event("", "b", "1")]);
    // An event that never was still leaves its id.
    check("id:7\n\ndata:a\n\n", &[event("", "a", "7")]);
}

#[test]
fn retry_and_the_unknown_are_ignored() {
    check(
        "retry:3000\ndata:a\n\nretry:1000x\ndata:b\n\nretry\ndata:c\n\nretry: -1\n\n",
        &[message("a"), message("b"), message("c")],
    );
    check("data:a\n data:b\ndata :c\nx\ny:z\n\n", &[message("a")]);
}

#[test]
fn comments_are_heard() {
    let long = "x".repeat(2 * 1024);
    let text = format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n");
    let mut expected = vec![Item::Comment; 5];
    expected.push(message("1\n2\n3\n4"));
    check(text, &expected);
    check(": ping\n\n:\n\n", &[Item::Comment, Item::Comment]);
}

#[test]
fn bytes_that_are_no_utf8_become_the_replacement_character() {
    check(b"data:ok\xff\n\n", &[message("ok\u{fffd}")]);
    check(b"data:\xe2\x82\ndata:\xf0\x9f\x98\n\n", &[message("\u{fffd}\n\u{fffd}")]);
    check(b"data:\xc0\xaf\xed\xa0\x80\n\n", &[message(&"\u{fffd}".repeat(5))]);
    check(b"da\xffta:x\ndata:\x80y\n\n", &[message("\u{fffd}y")]);
    check("data:ok…\u{1f600}é\n\ndata:最大\n\n", &[message("ok…\u{1f600}é"), message("最大")]);
    check(b"event:\xff\ndata:x\n\n", &[event("\u{fffd}", "x", "")]);
}

#[test]
fn what_the_end_cut_off_is_handed_over_apart() {
    let cut = |text: &str, last: &str| check_cut(text.as_bytes(), &[], Some(&message(last)));
    cut("data:a", "a");
    cut("data:a\n", "a");
    cut("data:a\r\n", "a");
    cut("data:a\ndata:b", "a\nb");
    cut("data:a\nda", "a");
    cut("data:a\nid:", "a");
    check_cut(b"retry:1000\ndata:test1\n\nid:test\ndata:test2", &[message("test1")], Some(&event("", "test2", "test")));
    check_cut(b"event:x\nid:7\n:", &[], None);
    check_cut(b"data:a\n\n\n", &[message("a")], None);
}

#[test]
fn an_event_has_a_limit() {
    let room = MOST_EVENT_BYTES - "data:".len();
    let whole = format!("data:{}\n\n", "x".repeat(room));
    let big = format!("data:{}\n\n", "x".repeat(room + 1));
    // Many short lines are one event all the same; those of an earlier event don't count.
    let lines = |count: usize| format!("{}\n", format!("data:{}\n", "x".repeat(1023)).repeat(count));
    let check = |text: &str, fits: bool| {
        let text = format!("data:before\n\n{text}data:after\n\n");
        for size in [text.len(), 1 << 16, 4_099] {
            let (result, items, last) = parse(text.as_bytes().chunks(size));
            assert_eq!(result.is_ok(), fits);
            assert_eq!(items.len(), if fits { 3 } else { 1 });
            assert_eq!(items[0], message("before"));
            assert_eq!(last, None);
        }
    };
    check(&whole, true);
    check(&big, false);
    check(&lines(1023), true);
    check(&lines(1024), false);
    check(&format!(":{}\n\n\n", "x".repeat(MOST_EVENT_BYTES)), false);
    check(&format!("x{}\n\n\n", "x".repeat(MOST_EVENT_BYTES)), false);
    let (result, items, _) = parse([lines(1000).repeat(4).as_bytes()]);
    assert_eq!((result, items.len()), (Ok(()), 4));
    // An endless line ends as well.
    let mut parser = Parser::default();
    let mut pushes = 0;
    while parser.push(&[b'x'; 1000], &mut Vec::new()).is_ok() {
        pushes += 1;
    }
    assert_eq!(pushes, MOST_EVENT_BYTES / 1000);
    assert_eq!(parser.push(b"\n\ndata:a\n\n", &mut Vec::new()), Err(TooLong));
}

/// The standard's text, as it would be followed with the whole stream at hand.
fn by_the_standard(bytes: &[u8]) -> Vec<Item> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    // The last line has no end and with it no meaning.
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines.pop();
    let (mut items, mut name, mut data, mut id) = (Vec::new(), String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                items.push(event(&name, data, &id));
            }
            (name, data) = (String::new(), String::new());
            continue;
        }
        let (field, value) = match line.find(':') {
            Some(0) => {
                items.push(Item::Comment);
                continue;
            }
            Some(at) => (&line[..at], line[at + 1..].strip_prefix(' ').unwrap_or(&line[at + 1..])),
            None => (line, ""),
        };
        match field {
            "event" => name = value.into(),
            "data" => data = format!("{data}{value}\n"),
            "id" if !value.contains('\0') => id = value.into(),
            _ => {}
        }
    }
    items
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_cuts_of_any_stream_read_as_the_standard_says(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"data"[..], b"event", b"id", b"retry", b":", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"a", b"\0",
            b"\xef\xbb\xbf",
            b"\xff", b"\xc3", b"\xa9", b"data: x\n", b":\n",
        ]), 0..40),
        cuts in prop::collection::vec(0usize..60, 0..6),
    ) {
        let bytes = parts.concat();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let (result, items, _) = parse(cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]));
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(items, by_the_standard(&bytes));
    }
}
