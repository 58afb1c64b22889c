//! The reader against an oracle, and against the cases that every reader of JSON should know.

use super::*;
use proptest::prelude::*;

#[test]
fn a_member_is_found_wherever_it_stands() {
    let text = br#" { "a" : [ 1 , { "b" : "x" } , [ ] ] , "b" : { "b" : "}]\"" } , "\u0063" : -1.5e+3 } "#;
    let value = parse(text).expect("JSON");
    let b = |value: Value<'_>| value.get("b").and_then(Value::string);
    assert_eq!(value.get("b").and_then(b).as_deref(), Some("}]\""));
    let mut elements = value.get("a").and_then(Value::elements).expect("an array");
    assert_eq!(elements.next().and_then(Value::integer), Some(1));
    assert_eq!(elements.next().and_then(b).as_deref(), Some("x"));
    assert_eq!(elements.next().and_then(|empty| Some(empty.elements()?.count())), Some(0));
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
    check("7.0", None, None, false, None);
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
    assert_eq!(value.get("a").and_then(Value::integer), Some(3));
}

#[test]
fn escapes_become_characters() {
    let check = |text: &str, said: &str| {
        assert_eq!(parse(text.as_bytes()).and_then(Value::string).as_deref(), Some(said), "{text}");
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
fn depth_costs_no_stack() {
    let deep = |levels: usize| [vec![b'['; levels], b"1".to_vec(), vec![b']'; levels]].concat();
    assert!(parse(&deep(100_000)).is_some());
    assert!(parse(&vec![b'['; 100_000]).is_none());
    assert!(parse(&br#"{"":"#.repeat(100_000)).is_none());
    let object = [&br#"{"a":"#[..], &deep(100_000), br#","b":"x"}"#].concat();
    let value = parse(&object).expect("JSON");
    assert_eq!(value.get("b").and_then(Value::string).as_deref(), Some("x"));
}

/// Texts that look like JSON, right and wrong.
fn almost_json() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"\\n\"", "\\", "\\u00", "\\u0041", "true", "false", "null", "0",
        "1", "-", ".", "e", "+", "2.5e-3", " ", "\n", "\t", "\u{b}", "é", "\u{feff}", "/*", "//", "'", "NaN",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A tree of JSON.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value as Oracle;
    let leaf = prop_oneof![
        Just(Oracle::Null),
        any::<bool>().prop_map(Oracle::from),
        any::<u64>().prop_map(Oracle::from),
        any::<i32>().prop_map(Oracle::from),
        any::<f32>().prop_map(Oracle::from),
        any::<String>().prop_map(Oracle::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Oracle::from),
            prop::collection::vec(("[a-c\"\\\\é]{0,2}", inner), 0..6)
                .prop_map(|members| Oracle::Object(members.into_iter().collect())),
        ]
    })
}

/// Walks both trees and compares everything that this reader can tell.
fn agree(ours: Value<'_>, oracle: &serde_json::Value) -> Result<(), TestCaseError> {
    let string = ours.string();
    prop_assert_eq!(string.as_deref(), oracle.as_str());
    prop_assert_eq!(ours.integer(), oracle.as_u64());
    prop_assert_eq!(ours.boolean(), oracle.as_bool());
    prop_assert_eq!(ours.is_null(), oracle.is_null());
    prop_assert_eq!(ours.is_object(), oracle.is_object());
    let elements: Option<Vec<_>> = ours.elements().map(Iterator::collect);
    prop_assert_eq!(elements.as_ref().map(Vec::len), oracle.as_array().map(Vec::len));
    for (ours, oracle) in elements.into_iter().flatten().zip(oracle.as_array().into_iter().flatten()) {
        agree(ours, oracle)?;
    }
    for (name, oracle) in oracle.as_object().into_iter().flatten() {
        let member = ours.get(name);
        prop_assert!(member.is_some(), "{}", name);
        member.map_or(Ok(()), |ours| agree(ours, oracle))?;
    }
    prop_assert_eq!(ours.get("no such name"), None);
    Ok(())
}

proptest! {
    #[test]
    fn it_takes_what_serde_json_takes(text in almost_json()) {
        let oracle: Result<serde_json::Value, _> = serde_json::from_str(&text);
        // A choice in which the two differ.
        prop_assume!(!oracle.as_ref().is_err_and(|error| error.to_string().contains("out of range")));
        prop_assert_eq!(parse(text.as_bytes()).is_some(), oracle.is_ok(), "{}", text);
    }

    #[test]
    fn it_reads_what_serde_json_writes(tree in json(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) };
        let text = text.expect("a tree can be written");
        let ours = parse(text.as_bytes());
        prop_assert!(ours.is_some(), "{}", text);
        ours.map_or(Ok(()), |ours| agree(ours, &tree))?;
    }

    #[test]
    fn it_ends_on_any_bytes(bytes: Vec<u8>) {
        if let Some(value) = parse(&bytes) {
            let _ = (value.get("a"), value.string(), value.elements().map(Iterator::count));
        }
    }
}

/// JSONTestSuite's cases, as far as they are short, by the names of its files: what must be read.
#[test]
fn texts_that_are_json() {
    for text in [
        "[[]   ]",
        "[]",
        "[\"\"]",
        "[\"a\"]",
        "[false]",
        "[null, 1, \"1\", {}]",
        "[null]",
        "[1\n]",
        " [1]",
        "[1,null,null,null,2]",
        "[2] ",
        "[0e+1]",
        "[0e1]",
        "[ 4]",
        "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        "[20e1]",
        "[-0]",
        "[-123]",
        "[-1]",
        "[1E22]",
        "[1E-2]",
        "[1E+2]",
        "[123e45]",
        "[123.456e78]",
        "[1e-2]",
        "[1e+2]",
        "[123]",
        "[123.456789]",
        r#"{"asd":"sdf", "dfg":"fgh"}"#,
        r#"{"a":"b","a":"c"}"#,
        r#"{"a":"b","a":"b"}"#,
        "{}",
        r#"{"":0}"#,
        r#"{"foo\u0000bar": 42}"#,
        r#"{ "min": -1.0e+28, "max": 1.0e+28 }"#,
        r#"{"a":[]}"#,
        "{\n\"a\": \"b\"\n}",
        r#"["\u0060\u012a\u12AB"]"#,
        r#"["\uD801\udc37"]"#,
        r#"["\ud83d\ude39\ud83d\udc8d"]"#,
        r#"["\"\\\/\b\f\n\r\t"]"#,
        r#"["\\u0000"]"#,
        r#"["\""]"#,
        "[\"a/*b*/c/*d//e\"]",
        r#"["\\a"]"#,
        r#"["\\n"]"#,
        r#"["\u0012"]"#,
        r#"["\uFFFF"]"#,
        "[\"asd\"]",
        "[ \"asd\"]",
        "[\"\u{10FFFF}\"]",
        "[\"\u{FFFF}\"]",
        r#"["\u0000"]"#,
        "[\"\u{2c}\"]",
        "[\"π\"]",
        "[\"asd \"]",
        "\" \"",
        r#"["\uD834\uDd1e"]"#,
        "[\"\u{2028}\"]",
        "[\"\u{2029}\"]",
        r#"["\u0022"]"#,
        "[\"\u{7f}\"]",
        r#"["\u005C"]"#,
        "[\"⍂㈴⍂\"]",
        "false",
        "42",
        "-0.1",
        "null",
        "\"asd\"",
        "true",
        "\"\"",
        "[\"a\"]\n",
        "[true]",
        " [] ",
        // Left to the reader; this one takes them.
        r#"["\uDADA"]"#,
        r#"["\uD888\u1234"]"#,
        r#"["\uDd1ea"]"#,
        r#"["\uD800\uD800\n"]"#,
        "[1.5e+9999]",
        "[123123e100000]",
        "[-123123123123123123123123123123]",
    ] {
        assert!(parse(text.as_bytes()).is_some(), "{text:?}");
    }
}

/// And what must not.
#[test]
fn texts_that_are_not_json() {
    for text in [
        "[1 true]",
        "[\"\": 1]",
        "[\"\"],",
        "[,1]",
        "[1,,2]",
        "[\"x\",,]",
        "[\"x\"]]",
        "[\"\",]",
        "[\"x\"",
        "[x",
        "[3[4]]",
        "[1:2]",
        "[,]",
        "[-]",
        "[   , \"\"]",
        "[\"a\",\n4\n,1,",
        "[1,]",
        "[1,,]",
        "[\"\u{b}a\"\\f]",
        "[*]",
        "[\"\"",
        "[1,",
        "[1,\n1\n,1",
        "[{}",
        "[fals]",
        "[nul]",
        "[tru]",
        "123\0",
        "[++1234]",
        "[+1]",
        "[+Inf]",
        "[-01]",
        "[-1.0.]",
        "[-2.]",
        "[-NaN]",
        "[.-1]",
        "[.2e-3]",
        "[0.1.2]",
        "[0.3e+]",
        "[0.3e]",
        "[0.e1]",
        "[0E+]",
        "[0E]",
        "[0e+]",
        "[0e]",
        "[1.0e+]",
        "[1.0e-]",
        "[1.0e]",
        "[1 000.0]",
        "[1eE2]",
        "[2.e+3]",
        "[2.e-3]",
        "[2.e3]",
        "[9.e+]",
        "[Inf]",
        "[NaN]",
        "[\u{ff11}]",
        "[1+2]",
        "[0x1]",
        "[0x42]",
        "[Infinity]",
        "[0e+-1]",
        "[-123.123foo]",
        "[-Infinity]",
        "[-foo]",
        "[- 1]",
        "[-012]",
        "[-.123]",
        "[-1x]",
        "[1ea]",
        "[1.]",
        "[.123]",
        "[1.2a-3]",
        "[1.8011670033376514H-308]",
        "[012]",
        "[\"x\", truth]",
        "{[: \"x\"}",
        "{\"x\", null}",
        "{\"x\"::\"b\"}",
        "{🇨🇭}",
        "{\"a\":\"a\" 123}",
        "{key: 'value'}",
        "{\"a\" b}",
        "{:\"b\"}",
        "{\"a\" \"b\"}",
        "{\"a\":",
        "{\"a\"",
        "{1:1}",
        "{9999E9999:1}",
        "{null:null,null:null}",
        "{\"id\":0,,,,,}",
        "{'a':0}",
        "{\"id\":0,}",
        "{\"a\":\"b\"}/**/",
        "{\"a\":\"b\"}/**//",
        "{\"a\":\"b\"}//",
        "{\"a\":\"b\"}/",
        "{\"a\":\"b\",,\"c\":\"d\"}",
        "{a: \"b\"}",
        "{\"a\":\"a",
        "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":\"b\"}#",
        " ",
        "[\"\\uD800\\\"]",
        "[\"\\uD800\\u\"]",
        "[\"\\uD800\\u1\"]",
        "[\"\\uD800\\u1x\"]",
        "[é]",
        "[\"\\\0\"]",
        "[\"\\x00\"]",
        "[\"\\\\\\\"]",
        "[\"\\\t\"]",
        "[\"\\🌀\"]",
        "[\"\\\"]",
        "[\"\\u00A\"]",
        "[\"\\uD834\\uDd\"]",
        "[\"\\uD800\\uD800\\x\"]",
        "[\"\\a\"]",
        "[\"\\uqqqq\"]",
        "[\\u0020\"asd\"]",
        "[\\n]",
        "\"",
        "['single quote']",
        "abc",
        "[\"\\",
        "[\"a\0a\"]",
        "[\"new\nline\"]",
        "[\"\t\"]",
        "\"\\UA66D\"",
        "\"\"x",
        "<.>",
        "[<null>]",
        "[1]x",
        "[1]]",
        "[\"asd]",
        "aå",
        "[True]",
        "1]",
        "{\"x\": true,",
        "[][]",
        "]",
        "[",
        "",
        "{\"\":",
        "[\"a",
        "[\"\"\"\"]",
        "2@",
        "{}}",
        "{\"asd\":\"asd\"",
        "{\"a\":/*comment*/\"b\"}",
        "{\"a\": true} \"x\"",
        "['",
        "[,",
        "[{",
        "[\"a\"",
        "{,",
        "{[",
        "{\"a",
        "{'a'",
        "{]",
        "{",
        "*",
        "[\u{a0}]",
        "[\u{c}]",
        "\u{2060}",
        "\u{feff}",
        "[\u{2028}]",
        "nan",
        "[\"\u{1f}\"]",
        "[\"\0\"]",
        "[\u{b}]",
        "\u{feff}{}",
    ] {
        assert!(parse(text.as_bytes()).is_none(), "{text:?}");
    }
    for bytes in [
        &b"[\xff]"[..],
        b"[\"\xe5\"]",
        b"{\"\xb9\":\"0\",}",
        b"[\"\\u\xe5\"]",
        b"[1\xe5]",
        b"[\"\\\xe5\"]",
        b"\xe5",
        b"[\"\xed\xa0\x80\"]",
        b"[\"\xc0\xaf\"]",
        b"\xff\xfe[\0\"\0\xe9\0\"\0]\0",
    ] {
        assert!(parse(bytes).is_none(), "{bytes:?}");
    }
}
