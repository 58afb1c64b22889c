//! An answer's bytes become the same words wherever the network cuts them, and nothing but a complete answer passes
//! for one.

use inferkit_widget::{
    answer::remote::{
        End, FinishReason, Said, Stream, is_event_stream,
        sse::{Event, Item, MOST_EVENT_BYTES, Parser, TooLong},
    },
    error::{Failure, Family, Reference},
};
use proptest::prelude::*;

fn event(name: &str, data: &str, id: &str) -> Item {
    Item::Event(Event { name: name.into(), data: data.into(), id: id.into() })
}

fn message(data: &str) -> Item {
    event("", data, "")
}

/// Everything that the pieces say: the items, and what the end cut off.
fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Result<(), TooLong>, Vec<Item>, Option<Event>) {
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

fn check(text: impl AsRef<[u8]>, expected: &[Item]) {
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

// From events to an answer.

const ID: &str = "req-123456";

fn ours() -> Reference {
    Reference::client([7; 8])
}

/// What a stream says to the pieces and to its end.
fn listen<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, request_id: Option<&str>, how: End) -> Vec<Said> {
    let mut stream = Stream::new(request_id.map(str::to_owned));
    let mut mint = ours;
    let mut said = Vec::new();
    for piece in pieces {
        said.extend(stream.push(piece, &mut mint));
    }
    said.extend(stream.end(how, &mut mint));
    assert!(stream.push(b"data: {\"error\":{}}\n\n", &mut mint).is_empty(), "nothing follows the end");
    assert_eq!(stream.end(how, &mut mint), None);
    let visible = said.iter().any(|said| matches!(said, Said::Text(text) if !text.trim().is_empty()));
    assert_eq!(stream.is_visible(), visible);
    assert_eq!(stream.is_complete(), said.last() == Some(&Said::Done));
    said
}

/// The same, and the same again for every cut.
fn heard(text: &str) -> Vec<Said> {
    let bytes = text.as_bytes();
    let whole = listen([bytes], Some(ID), End::Closed);
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(listen([head, tail], Some(ID), End::Closed), whole, "cut at {at}: {text}");
    }
    assert_eq!(listen(bytes.chunks(1), Some(ID), End::Closed), whole, "byte by byte: {text}");
    whole
}

fn failure(said: &[Said]) -> &Failure {
    match said.last() {
        Some(Said::Failed(failure)) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

fn text(text: &str) -> Said {
    Said::Text(text.into())
}

/// A chunk with this delta and finish reason, as JSON.
fn chunk(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-123456\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\
         \"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n"
    )
}

fn hello() -> String {
    chunk(r#"{"content":"Hel"}"#, "null") + &chunk(r#"{"content":"lo \ud83d\ude00\n"}"#, "null")
}

#[test]
fn a_whole_answer() {
    let stop = chunk("{}", "\"stop\"");
    let done = "data: [DONE]\n\n";
    let role = chunk(r#"{"role":"assistant","content":""}"#, "null");
    let usage = "data: {\"choices\":[],\"usage\":{\"total_tokens\":7}}\n\n";
    let words = [text("Hel"), text("lo 😀\n")];
    let finished = Said::Finished(FinishReason::Stop);
    let all = format!(": ping\n\n{role}{}{stop}{usage}{done}", hello());
    let expected = [&[Said::Ping, Said::Ping][..], &words, &[finished.clone(), Said::Ping, Said::Done]].concat();
    assert_eq!(heard(&all), expected);
    // Either of the two is enough, and the last blank line may be missing after [DONE].
    assert_eq!(heard(&format!("{}{stop}", hello())), [&words[..], &[finished, Said::Done]].concat());
    for done in ["data: [DONE]\n\n", "data:[DONE]\r\n\r\n", "data: [DONE]\n", "data: [DONE]", "data: [DONE] \n\n"] {
        assert_eq!(heard(&format!("{}{done}", hello())), [&words[..], &[Said::Done]].concat(), "{done:?}");
    }
    // White space is text, and nothing to see.
    let blank = chunk(r#"{"content":" \n"}"#, "null");
    assert_eq!(heard(&format!("{blank}{done}")), [text(" \n"), Said::Done]);
    // An empty answer is one too.
    assert_eq!(heard("data: [DONE]\n\n"), [Said::Done]);
}

#[test]
fn finish_reasons() {
    let check = |reason: &str, expected| {
        let said = heard(&chunk(r#"{"content":"x"}"#, &format!("\"{reason}\"")));
        assert_eq!(said, [text("x"), Said::Finished(expected), Said::Done]);
    };
    check("stop", FinishReason::Stop);
    check("length", FinishReason::Length);
    check("content_filter", FinishReason::Filtered);
    check("tool_calls", FinishReason::Other);
    check("eos", FinishReason::Other);
    for reason in ["error", "abort"] {
        let said = heard(&(chunk(r#"{"content":"x"}"#, &format!("\"{reason}\"")) + "data: [DONE]\n\n"));
        assert_eq!((said.len(), failure(&said).code.as_str()), (2, "stream_interrupted"));
    }
    assert_eq!(failure(&heard(&chunk("{}", "\"\""))).code, "stream_interrupted");
}

#[test]
fn other_servers_forms() {
    let check = |data: &str, expected: &[Said]| {
        let said = heard(&format!("data: {data}\n\ndata: [DONE]\n\n"));
        assert_eq!(said, [expected, &[Said::Done]].concat(), "{data}");
    };
    check(r#"{"choices":[{"delta":{"content":"x"}}]}"#, &[text("x")]);
    check(r#"{"choices":[{"delta":{"content":"x"}}],"error":null}"#, &[text("x")]);
    check(r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]}"#, &[Said::Ping]);
    check(r#"{"choices":[{"delta":null,"finish_reason":null}]}"#, &[Said::Ping]);
    check(r#"{"choices":[],"prompt_filter_results":[]}"#, &[Said::Ping]);
    check(r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#, &[text("\u{fffd}")]);
    // A chunk over several lines of data.
    check("{\"choices\":\ndata: [{\"delta\":{\"content\":\"x\"}}]}", &[text("x")]);
    assert_eq!(heard("event: ping\ndata: {}\n\ndata: [DONE]\n\n"), [Said::Ping, Said::Done]);
}

#[test]
fn a_body_that_merely_ends_was_cut_off() {
    for cut in [
        String::new(),
        ": ping\n\n".into(),
        hello(),
        hello().trim_end().into(),
        chunk("{}", "\"stop\"").trim_end().into(),
        "data: [DON".into(),
        "data: {\"err".into(),
        "data: garbage".into(),
        "<html>".into(),
        "{\"choices\":[]}".into(),
    ] {
        let said = heard(&cut);
        let failure = failure(&said);
        assert_eq!((failure.code.as_str(), failure.family()), ("stream_interrupted", Family::CutOff), "{cut:?}");
        assert_eq!((failure.request_id.as_deref(), failure.reference.as_str()), (Some(ID), ID));
    }
    // Of an event that was cut off no word is shown.
    assert_eq!(heard(chunk(r#"{"content":"Hel"}"#, "\"stop\"").trim_end()).len(), 1);
    let said = listen([hello().as_bytes()], None, End::Stalled);
    assert_eq!(failure(&said).code, "stream_stalled");
    assert_eq!((failure(&said).request_id.as_deref(), &failure(&said).reference), (None, &ours()));
}

#[test]
fn after_its_finish_reason_nothing_spoils_an_answer() {
    let complete = hello() + &chunk("{}", "\"stop\"");
    for after in ["data: garbage\n\n", "data: {\"error\":{\"code\":\"internal_error\"}}\n\n", "data: {\"error", ""] {
        let said = heard(&format!("{complete}{after}"));
        assert_eq!((said.len(), said.last()), (4, Some(&Said::Done)), "{after}");
    }
    assert_eq!(listen([complete.as_bytes()], None, End::Stalled).last(), Some(&Said::Done));
}

#[test]
fn garbage_is_an_answer_that_can_not_be_read() {
    for data in [
        "garbage",
        "",
        "7",
        "null",
        "\"x\"",
        "[]",
        "{}",
        "{\"choices\":null}",
        "{\"choices\":{}}",
        "{\"choices\":[{}]",
        "<html>502</html>",
        "{\"choices\":[{\"delta\":{\"content\":7}}]}",
        "[done]",
        "{\"choices\":[{\"delta\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":7}]}",
        "{'choices':[]}",
    ] {
        let said = heard(&format!("{}data: {data}\n\n{}data: [DONE]\n\n", hello(), hello()));
        let failure = failure(&said);
        assert_eq!(
            (said.len(), failure.code.as_str(), failure.family()),
            (3, "invalid_response", Family::CutOff),
            "{data}"
        );
        assert_eq!(failure.reference.as_str(), ID);
        assert!(!failure.message.contains(['{', '<']), "{}", failure.message);
    }
    let long = format!("{}data: {}\n\ndata: [DONE]\n\n", hello(), "x".repeat(MOST_EVENT_BYTES));
    let said = listen(long.as_bytes().chunks(70_000), Some(ID), End::Closed);
    assert_eq!(
        (said.len(), failure(&said).code.as_str(), failure(&said).reference.as_str()),
        (3, "invalid_response", ID)
    );
    let deep = format!("data: {}\n\n", "[".repeat(100_000));
    assert_eq!(failure(&listen([deep.as_bytes()], None, End::Closed)).code, "invalid_response");
}

#[test]
fn an_error_in_the_stream_is_the_servers_own() {
    let check = |data: &str, code: &str, id: &str| {
        // Terminated, with the last line break missing, and under a name.
        for text in [
            format!("data: {data}\n\ndata: [DONE]\n\n"),
            format!("data: {data}"),
            format!("event: error\ndata: {data}\n\n"),
        ] {
            let said = heard(&format!("{}{text}", hello()));
            let failure = failure(&said);
            assert_eq!((said.len(), failure.code.as_str(), failure.reference.as_str()), (3, code, id), "{text}");
        }
    };
    check(r#"{"error":{"code":"quota_exceeded","message":"m","request_id":"event-1"}}"#, "quota_exceeded", "event-1");
    check(r#"{"error":{"code":"provider_unavailable","message":"m"}}"#, "provider_unavailable", ID);
    check(r#"{"error":{"code":"odd_code","message":"m","request_id":"<b>"}}"#, "odd_code", ID);
    check(r#"{"id":"chatcmpl-123456","error":{"message":"m","code":429},"choices":[]}"#, "rate_limited", ID);
    check(
        r#"{"error":{"message":"m","code":502},"choices":[{"delta":{"content":"x"},"finish_reason":"error"}]}"#,
        "provider_unavailable",
        ID,
    );
    check(r#"{"error":"overloaded"}"#, "internal_error", ID);
    assert_eq!(failure(&heard("event: error\ndata: overloaded\n\n")).code, "internal_error");
}

#[test]
fn a_stream_says_so_in_its_type() {
    for yes in ["text/event-stream", "text/event-stream; charset=utf-8", "Text/Event-Stream ;x", " text/event-stream"] {
        assert!(is_event_stream(yes), "{yes}");
    }
    for no in ["", "text/html", "application/json", "text/event-streams", "text/plain; text/event-stream"] {
        assert!(!is_event_stream(no), "{no}");
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_one_word(bytes: Vec<u8>, size in 1usize..50) {
        let said = listen(bytes.chunks(size), Some(ID), End::Closed);
        let last = said.iter().filter(|said| matches!(said, Said::Done | Said::Failed(_))).count();
        prop_assert_eq!(last, 1);
        prop_assert!(matches!(said.last(), Some(Said::Done | Said::Failed(_))));
    }

    #[test]
    fn any_answer_arrives_word_for_word(words in prop::collection::vec(any::<String>(), 0..8), size in 1usize..80) {
        let delta = |word| serde_json::json!({ "content": word }).to_string();
        let body: String = words.iter().map(|word| chunk(&delta(word), "null")).collect();
        let said = listen((body + "data: [DONE]\n\n").as_bytes().chunks(size), None, End::Closed);
        let heard: String = said
            .iter()
            .map(|said| match said {
                Said::Text(text) => text.as_str(),
                _ => "",
            })
            .collect();
        prop_assert_eq!(heard, words.concat());
        prop_assert_eq!(said.last(), Some(&Said::Done));
    }
}
