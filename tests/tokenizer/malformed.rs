//! Vocabularies that nobody vouches for.

use crate::{
    encode, read,
    support::gguf_writer::{GgufWriter, Value},
    words::{CONTROL, TRAINED, USER_DEFINED},
};

#[test]
fn malformed_vocabularies_are_refused() {
    let check = |writer: GgufWriter, reason: &str| {
        let error = read(&writer).map(|_| ()).expect_err(reason);
        assert!(error.contains(reason), "refused for {error:?}, expected {reason:?}");
    };
    let good = || TRAINED.writer("smollm");
    let tokens = TRAINED.tokens.len();
    read(&good()).expect("the unchanged file is read");

    check(GgufWriter::new(), "no tokenizer");
    check(good().set("tokenizer.ggml.model", Value::string("llama")), "\"llama\" is not supported");
    check(good().set("tokenizer.ggml.model", Value::U32(1)), "no tokenizer");
    check(good().set("tokenizer.ggml.pre", Value::string("tekken")), "\"tekken\" is not supported");
    check(good().set("tokenizer.ggml.pre", Value::string(&"\n".repeat(1 << 20))), "is not supported");
    check(good().without("tokenizer.ggml.pre"), "does not name its pre-tokenizer");
    check(good().without("tokenizer.ggml.tokens"), "no vocabulary");
    check(good().set("tokenizer.ggml.tokens", Value::strings::<&str>([])), "no vocabulary");
    check(good().set("tokenizer.ggml.tokens", Value::u32s(&[1, 2])), "no vocabulary");
    check(good().set("tokenizer.ggml.tokens", Value::strings(vec!["a"; (1 << 20) + 1])), "more than");
    check(good().without("tokenizer.ggml.merges"), "no merges");
    check(good().set("tokenizer.ggml.merges", Value::strings(vec!["a a"; (1 << 21) + 1])), "more than");
    for merge in ["", " ", "a", "a ", " a", "a b c", "a zzz", "zzz a", "q zzzz", "a  b", "<|x|> a"] {
        check(good().set("tokenizer.ggml.merges", Value::strings([merge])), "does not name two tokens");
    }
    check(good().set("tokenizer.ggml.merges", Value::strings([&[b'a', b' ', 0xff][..]])), "does not name two tokens");
    check(good().set("tokenizer.ggml.token_type", Value::i32s(&[1])), "1 entries for");
    check(good().set("tokenizer.ggml.token_type", Value::i32s(&vec![9; tokens])), "has type 9");
    check(good().set("tokenizer.ggml.token_type", Value::i32s(&vec![-1; tokens])), "has type -1");
    check(good().set("tokenizer.ggml.token_type", Value::f32s(&[1.0])), "not an array of i32");
    for key in ["bos", "eos", "eot", "eom"].map(|name| format!("tokenizer.ggml.{name}_token_id")) {
        check(good().set(&key, Value::U32(tokens as u32)), "the vocabulary has");
        check(good().set(&key, Value::U64(u64::MAX)), "the vocabulary has");
        check(good().set(&key, Value::I32(-1)), "not a token's number");
        check(good().set(&key, Value::string("<s>")), "not a token's number");
    }
    check(good().set("tokenizer.ggml.add_bos_token", Value::Bool(true)), "does not name it");
    // More user-defined tokens than can be looked for in every text.
    let mut words = TRAINED.clone();
    for number in 0..=4096 {
        words.add(&format!("<{number}>"), USER_DEFINED);
    }
    check(words.writer("smollm"), "user-defined tokens");
    // Tokens chosen so that the index's hash puts them all in one place.
    let hash = |text: &str| text.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let crowded = (0_u32..).map(|n| format!("x{n}")).filter(|text| (hash(text) ^ hash(text) >> 15) % 4096 < 32);
    let crowded: Vec<String> = crowded.take(1500).collect();
    let writer = good().without("tokenizer.ggml.token_type").set("tokenizer.ggml.tokens", Value::strings(&crowded));
    check(writer.set("tokenizer.ggml.merges", Value::strings::<&str>([])), "cannot be indexed");
    // A merge that would make a control token.
    let mut words = TRAINED.clone();
    words.add("qqq", CONTROL);
    check(words.writer("smollm").set("tokenizer.ggml.merges", Value::strings(["q qq"])), "does not name two tokens");
}

#[test]
fn odd_vocabularies_are_read() {
    // Empty tokens, tokens that are no UTF-8, tokens that appear twice, and texts that are not byte-level.
    let tokens: [&[u8]; 9] = [b"", b"", b"a", b"a", b"\xff\xfe", b"two words", "日".as_bytes(), b"b", b"ab"];
    let writer = GgufWriter::new()
        .pair("tokenizer.ggml.model", Value::string("gpt2"))
        .pair("tokenizer.ggml.pre", Value::string("gpt-2"))
        .pair("tokenizer.ggml.tokens", Value::strings(tokens))
        .pair("tokenizer.ggml.merges", Value::strings(["a b", "a b"]));
    let tokenizer = read(&writer).expect("a tokenizer");
    assert_eq!(encode(&tokenizer, "abab aa日"), [8, 8, 2, 2]);
    assert_eq!(tokenizer.bytes(4), b"\xff\xfe");
    assert_eq!(tokenizer.bytes(5), b"two words");
    assert_eq!(tokenizer.bytes(6), "日".as_bytes());

    for kind in 1..=6 {
        let typed = writer.clone().pair("tokenizer.ggml.token_type", Value::i32s(&[kind; 9]));
        match read(&typed) {
            Ok(tokenizer) => drop(encode(&tokenizer, "abab aa日 two words")),
            Err(error) => assert!(error.contains("does not name two tokens"), "{error}"),
        }
    }
}
