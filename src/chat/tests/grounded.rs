//! Questions that are looked up in the site's pages first.

use super::{world::ground, *};
use crate::{
    answer::remote::{ApiKind, Server},
    gate::Mode,
    knowledge::Verdict,
    wire::Role,
};

fn grounded() -> Settings {
    Settings { knowledge: Some("https://site.example/knowledge/".into()), ..settings() }
}

#[test]
fn sources_stand_before_anything_is_asked_and_the_answer_is_what_passed() {
    let mut chat = Chat::new(grounded());
    chat.on(send("Open?"), "draft + visitor:Open? + look-up(Open?) =thinking status:thinking");
    chat.on(found(&chat, Verdict::Enough), "sources:1 * consent? =consent status:consent");
    chat.on(Event::Agree, "consent:yes load =loading:0 status:loading");
    let asks = chat.step(loaded());
    let Some(Effect::Engine(ToEngine::Generate { messages, max_tokens, sampling, .. })) =
        asks.iter().find(|effect| matches!(effect, Effect::Engine(_)))
    else {
        panic!("{asks:?}");
    };
    assert_eq!(messages[0].role, Role::System);
    assert!(messages[1].content.contains("[1]") && messages[1].content.contains("Question: Open?"), "{messages:?}");
    assert!(*max_tokens <= 192 && sampling.temperature <= 0.2);
    chat.on(chat.token("We are. And"), "check(We are. And)");
    chat.on(checked(&chat, "We are. [1] ", false), "~We are. [1]  =answering status:answering@webgpu");
    chat.on(chat.token(" it is €9."), "check( it is €9.)");
    chat.on(chat.done(Finish::Stop), "check(.)");
    chat.on(checked(&chat, "", true), "* assistant:We are. [1]  =idle status:ready@webgpu");
    chat.log("Open? | We are. [1] ");
    chat.on(
        send("And on Sundays?"),
        "draft + visitor:And on Sundays? + look-up(And on Sundays?<Open?) =thinking status:thinking@webgpu",
    );
}

#[test]
fn an_answer_that_nothing_supports_leaves_the_passages() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..grounded() });
    chat.step(send("Open?"));
    chat.step(found(&chat, Verdict::Enough));
    chat.step(loaded());
    chat.step(chat.token("It is €9."));
    chat.step(chat.done(Finish::Length));
    chat.on(checked(&chat, "", true), "note * =idle status:ready@webgpu");
    chat.log("Open? | ");
    assert_eq!(chat.state.entries[1].sources.len(), 1);
}

#[test]
fn what_the_pages_do_not_tell_is_said_and_nobody_is_asked() {
    let mut chat = Chat::new(grounded());
    chat.step(send("Who won?"));
    chat.on(found(&chat, Verdict::Lacking), "sources:1 * unanswered:Who won? * =idle status:idle");
    chat.log("Who won? | [unanswered]");
}

#[test]
fn small_talk_goes_to_the_model_without_a_ground() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..grounded() });
    chat.step(send("Hi"));
    chat.on(found(&chat, Verdict::Chat), "load =loading:0 status:loading");
    chat.on(loaded(), "ask(Hi) =thinking status:thinking@webgpu");
    chat.on(chat.token("Hello"), "~Hello =answering status:answering@webgpu");
}

#[test]
fn without_a_model_the_passages_are_the_answer() {
    let mut chat = Chat::new(Settings { model: None, ..grounded() });
    chat.step(send("Open?"));
    chat.on(found(&chat, Verdict::Enough), "sources:1 * * =idle status:idle");
    chat.log("Open? | ");
    // Declined: they stand, and the question can be asked again.
    let mut chat = Chat::new(grounded());
    chat.step(send("Open?"));
    chat.step(found(&chat, Verdict::Enough));
    chat.step(Event::Decline);
    chat.log("Open? | [declined]");
    // A device that can't is no error.
    let mut chat = Chat::new(Settings { consent_granted: true, ..grounded() });
    chat.step(send("Open?"));
    chat.step(found(&chat, Verdict::Enough));
    let effects = chat.step(load_failed(Code::WebgpuUnavailable));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Report(_))), "{effects:?}");
    chat.log("Open? | ");
}

#[test]
fn an_index_that_can_not_be_read_is_a_failure_and_no_invention() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..grounded() });
    chat.step(send("Open?"));
    let id = chat.state.asked.as_ref().and_then(|asked| asked.look_up).unwrap_or_default();
    chat.on(Event::LookedUp { id, found: Err("status 404".into()) }, "* report:network_error =idle status:idle");
    chat.on(chat.again(), "* look-up(Open?) =thinking status:thinking");
    chat.on(Event::Stop, "end-look-up * =idle status:idle");
    chat.on(Event::LookedUp { id, found: Ok(ground(Verdict::Enough)) }, "");
}

#[test]
fn a_server_reads_the_passages_in_its_instructions() {
    let server = Server { kind: ApiKind::OpenAi, base: "https://api.example".into(), ..Server::default() };
    let settings = Settings { mode: Mode::Remote, model: None, server: Some(server), ..grounded() };
    let mut chat = Chat::new(settings);
    chat.step(send("Open?"));
    let effects = chat.step(found(&chat, Verdict::Enough));
    let sent = effects.iter().find_map(|effect| match effect {
        Effect::Send { outgoing, .. } => outgoing.body.clone(),
        _ => None,
    });
    let body: serde_json::Value = serde_json::from_str(&sent.expect("a question is sent")).expect("it is JSON");
    assert_eq!(body["messages"][0]["role"], "system");
    assert!(body["messages"][0]["content"].as_str().is_some_and(|rules| rules.contains("[1]")));
    assert_eq!(body["messages"][1]["content"], "Open?");
}

#[test]
fn a_model_reads_as_much_as_it_can_in_three_seconds() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..grounded() });
    let passages = |count| Ground { passages: vec!["x".repeat(1_000); count], ..ground(Verdict::Enough) };
    let ask = |chat: &mut Chat| {
        chat.step(send("Open?"));
        let id = chat.state.asked.as_ref().and_then(|asked| asked.look_up).unwrap_or_default();
        let mut effects = chat.step(Event::LookedUp { id, found: Ok(passages(5)) });
        if chat.state.phase != Phase::Thinking {
            effects = chat.step(loaded());
        }
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Engine(ToEngine::Generate { messages, .. }) => messages.last().map(|last| last.content.len()),
            _ => None,
        });
        asked.expect("the model is asked")
    };
    assert!((5_000..6_000).contains(&ask(&mut chat)), "on a GPU, before anything is known");
    // It took six seconds to read that.
    chat.state.set_date(chat.state.date + 6_000);
    chat.step(chat.token("a"));
    chat.step(Event::Stop);
    assert!((2_000..3_000).contains(&ask(&mut chat)), "half of it");
    chat.state.set_date(chat.state.date + 60_000);
    chat.step(chat.token("a"));
    chat.step(Event::Stop);
    assert!((1_000..2_000).contains(&ask(&mut chat)), "one, however slow");
}
