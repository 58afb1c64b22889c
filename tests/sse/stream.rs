//! From events to an answer: words, its end, and every way in which it is none.

use inferkit_widget::{
    answer::remote::{End, FinishReason, Stream, StreamItem, is_event_stream, sse::MOST_EVENT_BYTES},
    error::{Failure, Family, Reference},
};
use proptest::prelude::*;

const ID: &str = "req-123456";

fn ours() -> Reference {
    Reference::client([7; 8])
}

/// What a stream says to the pieces and to its end.
fn listen<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, request_id: Option<&str>, how: End) -> Vec<StreamItem> {
    let mut stream = Stream::new(request_id.map(str::to_owned));
    let mut mint = ours;
    let mut said = Vec::new();
    for piece in pieces {
        said.extend(stream.push(piece, &mut mint));
    }
    said.extend(stream.end(how, &mut mint));
    assert!(stream.push(b"data: {\"error\":{}}\n\n", &mut mint).is_empty(), "nothing follows the end");
    assert_eq!(stream.end(how, &mut mint), None);
    let visible = said.iter().any(|said| matches!(said, StreamItem::Text(text) if !text.trim().is_empty()));
    assert_eq!(stream.is_visible(), visible);
    assert_eq!(stream.is_complete(), said.last() == Some(&StreamItem::Done));
    said
}

/// The same, and the same again for every cut.
fn heard(text: &str) -> Vec<StreamItem> {
    let bytes = text.as_bytes();
    let whole = listen([bytes], Some(ID), End::Closed);
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(listen([head, tail], Some(ID), End::Closed), whole, "cut at {at}: {text}");
    }
    assert_eq!(listen(bytes.chunks(1), Some(ID), End::Closed), whole, "byte by byte: {text}");
    whole
}

fn failure(said: &[StreamItem]) -> &Failure {
    match said.last() {
        Some(StreamItem::Failed(failure)) => failure,
        other => panic!("no failure but {other:?}"),
    }
}

fn text(text: &str) -> StreamItem {
    StreamItem::Text(text.into())
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
    let finished = StreamItem::Finished(FinishReason::Stop);
    let all = format!(": ping\n\n{role}{}{stop}{usage}{done}", hello());
    let expected =
        [&[StreamItem::Ping, StreamItem::Ping][..], &words, &[finished.clone(), StreamItem::Ping, StreamItem::Done]]
            .concat();
    assert_eq!(heard(&all), expected);
    // Either of the two is enough, and the last blank line may be missing after [DONE].
    assert_eq!(heard(&format!("{}{stop}", hello())), [&words[..], &[finished, StreamItem::Done]].concat());
    for done in ["data: [DONE]\n\n", "data:[DONE]\r\n\r\n", "data: [DONE]\n", "data: [DONE]", "data: [DONE] \n\n"] {
        assert_eq!(heard(&format!("{}{done}", hello())), [&words[..], &[StreamItem::Done]].concat(), "{done:?}");
    }
    // White space is text, and nothing to see.
    let blank = chunk(r#"{"content":" \n"}"#, "null");
    assert_eq!(heard(&format!("{blank}{done}")), [text(" \n"), StreamItem::Done]);
    // An empty answer is one too.
    assert_eq!(heard("data: [DONE]\n\n"), [StreamItem::Done]);
}

#[test]
fn finish_reasons() {
    let check = |reason: &str, expected| {
        let said = heard(&chunk(r#"{"content":"x"}"#, &format!("\"{reason}\"")));
        assert_eq!(said, [text("x"), StreamItem::Finished(expected), StreamItem::Done]);
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
    let check = |data: &str, expected: &[StreamItem]| {
        let said = heard(&format!("data: {data}\n\ndata: [DONE]\n\n"));
        assert_eq!(said, [expected, &[StreamItem::Done]].concat(), "{data}");
    };
    check(r#"{"choices":[{"delta":{"content":"x"}}]}"#, &[text("x")]);
    check(r#"{"choices":[{"delta":{"content":"x"}}],"error":null}"#, &[text("x")]);
    check(r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hm"}}]}"#, &[StreamItem::Ping]);
    check(r#"{"choices":[{"delta":null,"finish_reason":null}]}"#, &[StreamItem::Ping]);
    check(r#"{"choices":[],"prompt_filter_results":[]}"#, &[StreamItem::Ping]);
    check(r#"{"choices":[{"delta":{"content":"\ud83d"}}]}"#, &[text("\u{fffd}")]);
    // A chunk over several lines of data.
    check("{\"choices\":\ndata: [{\"delta\":{\"content\":\"x\"}}]}", &[text("x")]);
    assert_eq!(heard("event: ping\ndata: {}\n\ndata: [DONE]\n\n"), [StreamItem::Ping, StreamItem::Done]);
}

/// The order of fields, the null beside the role and the timings at the end are llama.cpp's server's.
#[test]
fn llama_cpps_form() {
    let chunk = |choice: &str, more: &str| {
        format!(
            "data: {{\"choices\":[{choice}],\"created\":1,\"id\":\"chatcmpl-Ab\",\"object\":\"chat.completion.chunk\"{more}}}\n\n"
        )
    };
    let said = heard(
        &[
            chunk(r#"{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}"#, ""),
            chunk(r#"{"finish_reason":null,"index":0,"delta":{"content":"Hello"}}"#, ""),
            ":\n\n".into(),
            chunk(r#"{"finish_reason":null,"index":0,"delta":{"content":"!"}}"#, ""),
            chunk(
                r#"{"finish_reason":"length","index":0,"delta":{}}"#,
                r#","timings":{"cache_n":0,"prompt_ms":437.856}"#,
            ),
            "data: [DONE]\n\n".into(),
        ]
        .concat(),
    );
    let finished = StreamItem::Finished(FinishReason::Length);
    assert_eq!(said, [StreamItem::Ping, text("Hello"), StreamItem::Ping, text("!"), finished, StreamItem::Done]);
    // Its errors have a number for a code, in the stream as before it.
    let said = heard("data: {\"error\":{\"code\":500,\"message\":\"m\",\"type\":\"server_error\"}}\n\n");
    assert_eq!(failure(&said).code, "internal_error");
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
        assert_eq!((said.len(), said.last()), (4, Some(&StreamItem::Done)), "{after}");
    }
    assert_eq!(listen([complete.as_bytes()], None, End::Stalled).last(), Some(&StreamItem::Done));
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
        let last = said.iter().filter(|said| matches!(said, StreamItem::Done | StreamItem::Failed(_))).count();
        prop_assert_eq!(last, 1);
        prop_assert!(matches!(said.last(), Some(StreamItem::Done | StreamItem::Failed(_))));
    }

    #[test]
    fn any_answer_arrives_word_for_word(words in prop::collection::vec(any::<String>(), 0..8), size in 1usize..80) {
        let delta = |word| serde_json::json!({ "content": word }).to_string();
        let body: String = words.iter().map(|word| chunk(&delta(word), "null")).collect();
        let said = listen((body + "data: [DONE]\n\n").as_bytes().chunks(size), None, End::Closed);
        let heard: String = said
            .iter()
            .map(|said| match said {
                StreamItem::Text(text) => text.as_str(),
                _ => "",
            })
            .collect();
        prop_assert_eq!(heard, words.concat());
        prop_assert_eq!(said.last(), Some(&StreamItem::Done));
    }
}
