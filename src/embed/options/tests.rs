//! What a site may give, in all the forms in which it may give it.

use super::*;
use crate::embed::{
    ColorScheme,
    table::{OPTIONS, Row, Takes},
};
use serde_json::{Value, json};

const HOST: &str = "https://host.example";

const SUM: &str = "B179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// As `web` reads a site's object.
fn given(prefix: &str, value: &Value, given: &mut Vec<(String, Given)>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = format!("{prefix}{name}");
        let read = match value {
            Value::Null => continue,
            Value::String(text) => Given::Text(text.clone(), text.parse().ok()),
            Value::Number(number) => Given::Number(number.as_f64().unwrap_or(f64::NAN)),
            Value::Object(_) => Given::Object,
            Value::Bool(flag) => Given::Flag(*flag),
            Value::Array(items) => {
                let texts = items.iter().map(|item| item.as_str().map(String::from)).collect::<Option<_>>();
                texts.map_or(Given::Other, Given::List)
            }
        };
        given.push((name.clone(), read));
        super::tests::given(&format!("{name}."), value, given);
    }
}

fn parse(value: Value) -> Options {
    let mut pairs = Vec::new();
    given("", &value, &mut pairs);
    Options::read(pairs, HOST)
}

#[test]
fn nothing_given_is_the_defaults() {
    let options = parse(json!({}));
    assert_eq!(options.settings.max_tokens, 512);
    assert!((options.settings.sampling.temperature - 0.7).abs() < 1e-6);
    assert_eq!(options.settings.backend, BackendChoice::Auto);
    assert_eq!((options.settings.model, options.settings.consent_granted), (None, false));
    assert_eq!((options.refused, options.warnings), (vec![], vec![]));
    assert_eq!(options.look, Look::default());
}

#[test]
fn objects_and_attributes_mean_the_same() {
    let model = |bytes: Value| json!({ "url": "https://a.example/m.gguf", "sha256": SUM, "bytes": bytes, "name": "M" });
    let values = json!({
        "model": model(json!(98_362_432)), "backend": "webgpu", "consent": "granted", "systemPrompt": "Be brief.",
        "maxTokens": 64, "temperature": 0, "heading": "H", "greeting": "G", "launcher": "floating", "locale": "de",
        "lang": "en", "theme": { "colorScheme": "dark", "accent": "#a04" }, "mode": "local",
    });
    let mut attributes = values.clone();
    attributes["model"] = model(json!("98362432"));
    attributes["maxTokens"] = json!("64");
    attributes["temperature"] = json!("0.0");
    let options = parse(values);
    assert_eq!(options, parse(attributes));
    assert_eq!(options.refused, Vec::<String>::new());
    let expected = ModelSource {
        url: "https://a.example/m.gguf".into(),
        sha256: Some(SUM.to_lowercase()),
        bytes: Some(98_362_432),
        name: Some("M".into()),
    };
    assert_eq!(options.settings.model, Some(expected));
    assert_eq!(options.settings.backend, BackendChoice::WebGpu);
    assert!(options.settings.consent_granted && options.look.floating);
    assert_eq!((options.settings.max_tokens, options.settings.sampling.temperature), (64, 0.0));
    assert!((options.settings.sampling.repetition_penalty - 1.0).abs() < 1e-6, "greedy is nothing but greedy");
    assert_eq!(options.languages, ["de", "en"]);
}

#[test]
fn null_and_empty_are_as_good_as_none() {
    let options = parse(json!({ "model": null, "backend": "", "maxTokens": "", "heading": null, "apiKey": "" }));
    assert_eq!(options, parse(json!({})));
}

fn check_refused(value: Value, expected: &str) {
    let options = parse(value.clone());
    assert_eq!(options.refused.len(), 1, "{value}: {:?}", options.refused);
    assert!(options.refused[0].starts_with(expected), "{value}: {:?}", options.refused);
}

#[test]
fn what_is_invalid_is_refused_by_name() {
    check_refused(json!({ "backend": "gpu" }), "backend: must be one of: auto, webgpu, cpu");
    check_refused(json!({ "backend": 3 }), "backend: ");
    check_refused(json!({ "consent": "yes" }), "consent: ");
    check_refused(json!({ "mode": "elsewhere" }), "mode: ");
    check_refused(json!({ "embed": "popup" }), "embed: ");
    check_refused(json!({ "launcher": true }), "launcher: ");
    check_refused(json!({ "maxTokens": 0 }), "maxTokens: must be a number from 1 to 65536");
    check_refused(json!({ "maxTokens": 1.5 }), "maxTokens: ");
    check_refused(json!({ "maxTokens": "many" }), "maxTokens: ");
    check_refused(json!({ "temperature": -1 }), "temperature: must be a number from 0 to 5");
    check_refused(json!({ "temperature": "1e999" }), "temperature: ");
    check_refused(json!({ "systemPrompt": ["a"] }), "systemPrompt: must be a text");
    check_refused(json!({ "model": "m.gguf" }), "model: must be an object");
    check_refused(json!({ "model": { "url": "/m.gguf" } }), "model.url: must be an absolute address");
    check_refused(json!({ "model": { "url": "javascript:alert(1)" } }), "model.url: ");
    check_refused(json!({ "model": { "sha256": SUM } }), "model.url: is missing");
    check_refused(json!({ "model": { "url": "https://a.example/m", "sha256": "abc" } }), "model.sha256: ");
    check_refused(json!({ "model": { "url": "https://a.example/m", "bytes": -1 } }), "model.bytes: ");
    check_refused(json!({ "theme": { "colorScheme": "blue" } }), "theme.colorScheme: ");
    check_refused(json!({ "theme": { "accent": "url(a)" } }), "theme.accent: ");
    check_refused(json!({ "theme": { "accent": "Url(x)" } }), "theme.accent: ");
    check_refused(json!({ "theme": { "accent": "red;}" } }), "theme.accent: ");
    check_refused(json!({ "theme": "dark" }), "theme: must be an object");
}

#[test]
fn the_panel_can_be_closed_where_a_launcher_opens_it() {
    let check = |value: Value, floating: bool| {
        let options = parse(value.clone());
        assert_eq!((options.look.floating, options.refused, options.warnings), (floating, vec![], vec![]), "{value}");
    };
    check(json!({ "launcher": "floating" }), true);
    check(json!({ "launcher": "none", "embed": "iframe", "embedOrigin": "https://site.example" }), false);
    check(json!({ "closable": true, "launcher": "none" }), true);
    check(json!({ "closable": "true" }), true);
    check(json!({ "closable": false }), false);
    check(json!({ "closable": "" }), false);
}

#[test]
fn colours() {
    for colour in ["teal", "#a04", "oklch(0.6 0.1 120 / 50%)", "light-dark(#8a3b1c, #f0a37d)"] {
        assert_eq!(parse(json!({ "theme": { "accent": colour } })).refused, Vec::<String>::new());
    }
}

#[test]
fn the_rest_still_counts() {
    let options = parse(json!({ "backend": "gpu", "heading": "H", "maxTokens": 9 }));
    assert_eq!((options.look.heading.as_deref(), options.settings.max_tokens), (Some("H"), 9));
}

#[test]
fn a_key_that_is_not_publishable_is_refused_and_never_repeated() {
    let check = |value: Value, refused: bool, revoke: bool| {
        let options = parse(value.clone());
        let said = options.refused.join(" ");
        assert_eq!((!said.is_empty(), said.contains("revoke")), (refused, revoke), "{value}: {said}");
        assert!(!said.contains("DEADBEEF") && options.warnings.is_empty());
    };
    check(json!({ "apiKey": "ik_pub_live_DEADBEEF" }), false, false);
    check(json!({ "apiKey": "ik_sec_live_DEADBEEF" }), true, true);
    check(json!({ "apiKey": "sk-DEADBEEF" }), true, true);
    check(json!({ "apiKey": "DEADBEEF" }), true, false);
    check(json!({ "apiKey": 7 }), true, false);
    let other = json!({ "apiBase": "https://a.example/v1", "remoteModel": "m" });
    let with = |key: &str| {
        let mut options = other.clone();
        options["apiKey"] = key.into();
        options["apiKind"] = "openai".into();
        options
    };
    check(with("sk-DEADBEEF"), false, false);
    check(with("ik_pub_DEADBEEF"), true, true);
}

#[test]
fn where_questions_may_go() {
    let check = |value: Value, expected: Option<(ApiKind, &str, Option<&str>)>| {
        let options = parse(value.clone());
        assert_eq!(options.refused, Vec::<String>::new(), "{value}");
        let server = options.settings.server.as_ref();
        let found = server.map(|server| (server.kind, server.base.as_str(), server.model.as_deref()));
        assert_eq!(found, expected, "{value}");
    };
    let ours = |base| Some((ApiKind::InferKit, base, None));
    check(json!({}), None);
    check(json!({ "mode": "local" }), None);
    check(json!({ "apiKey": "ik_pub_a" }), ours(HOST));
    check(json!({ "apiKey": "ik_pub_a", "mode": "local" }), ours(HOST));
    check(json!({ "apiKey": "ik_pub_a", "apiBase": "https://a.example" }), ours("https://a.example"));
    let other = json!({ "apiKind": "openai", "apiBase": "http://localhost:1/v1", "remoteModel": "m" });
    check(other.clone(), Some((ApiKind::OpenAi, "http://localhost:1/v1", Some("m"))));
    let mut local = other;
    local["mode"] = "local".into();
    check(local, None);

    check_refused(json!({ "mode": "remote" }), "apiKey: is missing");
    check_refused(json!({ "apiKind": "openai", "remoteModel": "m" }), "apiBase: is missing");
    check_refused(json!({ "apiKind": "openai", "apiBase": "https://a.example" }), "remoteModel: is missing");
    check_refused(json!({ "apiKey": "ik_pub_a", "apiBase": "/v1" }), "apiBase: must be an absolute address");
    check_refused(json!({ "remoteConsent": "yes" }), "remoteConsent: ");
}

#[test]
fn what_our_own_frames_add() {
    let options = parse(json!({ "apiKey": "ik_pub_a", "embedOrigin": "https://site.example", "closable": true }));
    assert_eq!(options.warnings, Vec::<String>::new());
    let origin = options.settings.server.and_then(|server| server.embed_origin);
    assert_eq!((origin.as_deref(), options.look.floating), (Some("https://site.example"), true));
    assert!(!parse(json!({ "closable": "false" })).look.floating);
}

#[test]
fn an_unknown_name_is_a_warning_with_a_suggestion() {
    let check = |name: &str, expected: &str| {
        let options = parse(json!({ name: "x" }));
        assert_eq!((options.refused, options.warnings), (vec![], vec![expected.to_owned()]));
    };
    check("maxToken", "unknown option maxToken: did you mean maxTokens?");
    check("apikey", "unknown option apikey: did you mean apiKey?");
    check("model-uri", "unknown option model-uri");
}

#[test]
fn distances() {
    assert_eq!(distance("", ""), 0);
    assert_eq!(distance("abc", ""), 3);
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("größe", "grösse"), 2);
}

#[test]
fn prompts_and_shape() {
    let look = parse(json!({ "prompts": ["One?", "", "Two?"], "theme": { "radius": "8", "density": "compact" } })).look;
    assert_eq!(
        (look.prompts, look.theme.radius, look.theme.compact),
        (vec!["One?".into(), "Two?".into()], Some(8), Some(true))
    );
    // An attribute has lines.
    assert_eq!(parse(json!({ "prompts": "One?\n  Two?\n" })).look.prompts, ["One?", "Two?"]);
    let refused = parse(json!({ "prompts": [1], "theme": { "radius": 99, "density": "dense" } })).refused;
    assert_eq!(refused.len(), 3, "{refused:?}");
}

#[test]
fn words_of_the_sites_own() {
    let look = parse(json!({ "strings": { "send": "Ask", "stop": "", "newest": null } })).look;
    assert_eq!(look.strings, [("send".into(), "Ask".into())]);
    check_refused(json!({ "strings": "Ask" }), "strings: must be an object");
    check_refused(json!({ "strings": { "send": 7 } }), "strings.send: must be a text");
}

/// As a configuration says it.
fn pair(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn a_configuration_is_heard_where_the_page_says_nothing() {
    let defaults = Options::defaults(vec![
        pair("strings.send", "Ask"),
        pair("strings.stop", "Halt"),
        pair("theme.accent", "#a04"),
        pair("theme.colorScheme", "dark"),
        pair("theme.radius", "8"),
        pair("theme.density", "compact"),
    ]);
    let dark = Theme {
        color_scheme: Some(ColorScheme::Dark),
        accent: Some("#a04".into()),
        radius: Some(8),
        compact: Some(true),
    };
    assert_eq!(defaults.theme, dark);

    let own =
        json!({ "strings": { "send": "Go" }, "theme": { "radius": 2, "density": "comfortable" }, "heading": "H" });
    let look = parse(own).look.over(&defaults);
    assert_eq!(look.heading.as_deref(), Some("H"));
    assert_eq!((look.theme.radius, look.theme.compact), (Some(2), Some(false)));
    assert_eq!(look.strings, [pair("send", "Ask"), pair("stop", "Halt"), pair("send", "Go")]);
}

#[test]
fn a_configuration_that_is_invalid_says_nothing() {
    let defaults = Options::defaults(vec![
        pair("theme.accent", "url(https://evil.example/)"),
        pair("theme.colorScheme", "blue"),
        pair("theme.radius", "-8"),
        pair("theme.density", "7"),
        pair("apiKey", "ik_live_secret"),
    ]);
    assert_eq!(defaults, Look::default());
}

/// What the loader alone does something with: the module takes it as it is.
const LOADERS: [&str; 2] = ["target", "debug"];

#[test]
fn every_row_of_the_table_is_read() {
    fn check(row: &Row, wrap: impl Fn(Value) -> Value) {
        // Nothing takes a list of numbers.
        let options = parse(wrap(json!([7])));
        assert!(!options.refused.is_empty(), "nothing reads {}", row.name);
    }
    for row in OPTIONS.iter().filter(|row| !LOADERS.contains(&row.name)) {
        check(row, |value| json!({ row.name: value }));
        if let Takes::Members(_, members) = row.takes {
            for member in members {
                // The one member without which no other counts, so that it is the value that is refused.
                check(member, |value| json!({ row.name: { "url": "https://a.example/m", member.name: value } }));
            }
        }
    }
}

#[test]
fn a_way_to_a_person_has_a_scheme_that_leads_somewhere() {
    for url in ["https://a.example/contact", "http://localhost/contact", "mailto:a@a.example", "tel:+41440000000"] {
        let options = parse(json!({ "handoff": { "url": url } }));
        assert_eq!((options.look.handoff.as_deref(), options.refused), (Some(""), vec![]), "{url}");
    }
    for url in ["javascript:alert(1)", "/contact", "tel:", "data:text/html,x", " https://a.example"] {
        let options = parse(json!({ "handoff": { "label": "Ask", "url": url } }));
        assert_eq!(options.refused.len(), 1, "{url}");
        assert!(options.refused[0].starts_with("handoff.url: must begin with"), "{:?}", options.refused);
    }
    // The site's listener sees to all of it.
    assert_eq!(parse(json!({ "handoff": { "label": "Ask Maria" } })).look.handoff.as_deref(), Some("Ask Maria"));
    assert_eq!(parse(json!({})).look.handoff, None);
}
