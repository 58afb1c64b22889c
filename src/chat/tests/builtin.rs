//! Questions that the browser's own model may answer.

use super::*;
use crate::{
    answer::remote::{ApiKind, Heard, Server},
    error::Reference,
    gate::Mode,
    knowledge::Verdict,
};

fn builtin() -> Settings {
    Settings { builtin: true, ..settings() }
}

const THERE: Event = Event::Probed { there: true };
const ABSENT: Event = Event::Probed { there: false };

impl Chat {
    fn browser(&self, heard: Heard) -> Event {
        Event::Server { id: self.prompt, heard }
    }

    fn piece(&self, text: &str) -> Event {
        self.browser(Heard::Text(text.into()))
    }

    fn throws(&self, code: Code) -> Event {
        let failure = Failure::client(code, "why", Reference::client([self.prompt as u8; 8]));
        self.browser(Heard::Failed { failure, retry_after: None })
    }

    /// One whose browser has a model.
    fn browsing(settings: Settings) -> Self {
        let mut chat = Self::new(settings);
        chat.step(send("x"));
        chat.step(THERE);
        chat.step(chat.piece("y"));
        chat.step(chat.browser(Heard::Done));
        chat.step(Event::Reset);
        chat
    }
}

#[test]
fn it_answers_without_consent_or_download() {
    let mut chat = Chat::new(Settings { system_prompt: Some("Be kind.".into()), ..builtin() });
    chat.on(send("Why?"), "draft + visitor:Why? + probe =thinking status:thinking");
    chat.on(THERE, "prompt(Be kind./Why?) status:thinking@builtin").log("Why? | […]");
    chat.on(chat.piece("Be"), "~Be =answering status:answering@builtin");
    chat.on(chat.piece("cause."), "~cause.");
    chat.on(chat.browser(Heard::Done), "* assistant:Because. =idle status:idle").log("Why? | Because.");
    chat.on(
        send("And?"),
        "draft + visitor:And? + prompt(Be kind./Why?/Because./And?) =thinking status:thinking@builtin",
    );
}

#[test]
fn where_there_is_none_all_is_as_without() {
    let mut chat = Chat::new(builtin());
    chat.step(send("Why?"));
    chat.on(ABSENT, "consent? =consent status:consent");
    chat.on(Event::Decline, "consent:no * =idle status:idle");
    // Asked once.
    chat.on(chat.again(), "* consent? =consent status:consent");
    chat.on(THERE, "");
}

#[test]
fn a_site_that_does_not_want_it_does_not_ask_for_it() {
    let server = Some(Server { kind: ApiKind::OpenAi, base: "https://api.example".into(), ..Server::default() });
    let remote = Settings { mode: Mode::Remote, model: None, server, remote_consent_granted: true, ..builtin() };
    Chat::new(remote).on(send("Hi"), "draft + visitor:Hi + * POST question =thinking status:thinking@remote");
    Chat::new(settings()).on(send("Hi"), "draft + visitor:Hi + consent? =consent status:consent");
    let local = Settings { mode: Mode::Local, ..builtin() };
    Chat::new(local).on(send("Hi"), "draft + visitor:Hi + probe =thinking status:thinking");
}

#[test]
fn an_engine_that_has_its_model_goes_on_answering() {
    let mut chat = Chat::ready();
    chat.step(Event::Configured(builtin()));
    chat.on(send("Hi"), "draft + visitor:Hi + ask(Hi) =thinking status:thinking@webgpu");
    // Another model would have to be downloaded: the browser's is there.
    chat.step(chat.token("a"));
    chat.step(chat.done(Finish::Stop));
    chat.step(Event::Configured(Settings { model: Some(model("b")), ..builtin() }));
    chat.on(send("Hi"), "draft + visitor:Hi + probe =thinking status:thinking@webgpu");
    chat.on(THERE, "prompt(Hi/a/Hi) status:thinking@builtin");
}

#[test]
fn stop_while_it_is_looked_for_and_while_it_answers() {
    let mut chat = Chat::new(builtin());
    chat.step(send("1?"));
    chat.on(Event::Stop, "* =idle status:idle").log("1? | [stopped]");
    chat.on(send("2?"), "draft + visitor:2? + =thinking status:thinking");
    chat.on(THERE, "prompt(2?) status:thinking@builtin");
    chat.on(Event::Stop, "abort * =idle status:idle");
    chat.on(chat.piece("late"), "");
    chat.on(send("3?"), "draft + visitor:3? + prompt(3?) =thinking status:thinking@builtin");
    chat.step(chat.piece("th"));
    chat.on(Event::Stop, "abort * assistant:th =idle status:idle")
        .log("1? | [stopped] | 2? | [stopped] | 3? | th[stopped]");
    for late in [chat.piece("ree"), chat.browser(Heard::Done), chat.throws(Code::EngineFailed)] {
        chat.on(late, "");
    }
}

#[test]
fn what_breaks_before_a_word_gives_way_and_is_not_asked_again() {
    let mut chat = Chat::browsing(builtin());
    chat.step(send("Hi"));
    chat.on(chat.throws(Code::EngineFailed), "note consent? =consent status:consent").log("Hi | […]");
    chat.step(Event::Agree);
    chat.on(loaded(), "ask(Hi) =thinking status:thinking@webgpu");
    chat.step(chat.token("a"));
    chat.step(chat.done(Finish::Stop));
    // Nor when the engine is gone.
    chat.step(Event::EngineGone { code: Code::EngineFailed, message: "why".into() });
    chat.on(send("And?"), "draft + visitor:And? + load =loading:0 status:loading");
    assert!(chat.reported.is_empty());
}

#[test]
fn what_breaks_before_a_word_may_leave_the_question_to_a_server() {
    let server = Some(Server { kind: ApiKind::OpenAi, base: "https://api.example".into(), ..Server::default() });
    let mut chat = Chat::browsing(Settings { model: None, server, remote_consent_granted: true, ..builtin() });
    chat.step(send("Hi"));
    chat.on(chat.throws(Code::NetworkError), "note * POST question status:thinking@remote").log("Hi | @[…]");
}

#[test]
fn what_breaks_after_words_keeps_them_and_fails() {
    let mut chat = Chat::browsing(builtin());
    chat.step(send("Hi"));
    chat.step(chat.piece("Hel"));
    chat.on(chat.throws(Code::EngineFailed), "* report:engine_failed =idle status:idle");
    chat.log("Hi | Hel[Ours Ask]");
    chat.on(chat.again(), "* consent? =consent status:consent");
}

#[test]
fn a_question_that_is_too_long_for_it_is_no_defect_of_it() {
    let mut chat = Chat::browsing(builtin());
    chat.step(send("Hi"));
    chat.on(chat.throws(Code::QuestionTooLong), "* report:question_too_long =idle status:idle");
    chat.on(send("Shorter?"), "draft + visitor:Shorter? + prompt(Shorter?) =thinking status:thinking@builtin");
    chat.on(chat.browser(Heard::Done), "* report:answer_empty =idle status:idle");
}

#[test]
fn options_that_change_take_the_question_elsewhere() {
    // Turned on while the visitor is asked for a download.
    let mut chat = Chat::new(settings());
    chat.step(send("Hi"));
    chat.on(Event::Configured(builtin()), "probe =thinking status:thinking");
    // And off again before the browser has said.
    chat.on(Event::Configured(settings()), "consent? =consent status:consent");
    chat.on(THERE, "").on(Event::Configured(builtin()), "prompt(Hi) =thinking status:thinking@builtin");
    // What has begun ends with the model that began it.
    chat.on(Event::Configured(settings()), "");
    chat.on(chat.piece("Hello"), "~Hello =answering status:answering@builtin");
}

#[test]
fn an_answer_of_it_has_a_bound() {
    let mut chat = Chat::browsing(builtin());
    chat.step(send("Hi"));
    let much = "much ".repeat(4_000);
    let effects = chat.step(chat.piece(&much));
    assert!(effects.contains(&Effect::Abort(chat.prompt)), "the stream is ended");
    assert!(chat.state.accepts() && chat.state.entries[1].text.len() < much.len());
}

fn grounded() -> Settings {
    Settings { knowledge: Some("https://site.example/knowledge/".into()), ..builtin() }
}

#[test]
fn its_answer_is_held_against_the_passages() {
    let mut chat = Chat::new(grounded());
    chat.on(send("Open?"), "draft + visitor:Open? + probe look-up(Open?) =thinking status:thinking");
    // While the look-up goes on, nothing else is done.
    chat.on(THERE, "");
    let effects = chat.step(found(&chat, Verdict::Enough));
    let Some(Effect::Prompt { messages, .. }) = effects.iter().find(|effect| matches!(effect, Effect::Prompt { .. }))
    else {
        panic!("{effects:?}");
    };
    assert!(messages[0].content.contains("Only passages"), "{messages:?}");
    assert!(messages[1].content.contains("[1]") && messages[1].content.contains("Question: Open?"), "{messages:?}");
    chat.on(chat.piece("We are. It is €9."), "check(We are. It is €9.)");
    chat.on(checked(&chat, "We are. [1] ", false), "~We are. [1]  =answering status:answering@builtin");
    chat.on(chat.browser(Heard::Done), "check(.)");
    chat.on(checked(&chat, "", true), "* assistant:We are. [1]  =idle status:idle");
}

#[test]
fn a_site_of_pages_alone_is_answered_by_it_or_by_them() {
    let pages = || Settings { model: None, ..grounded() };
    let mut chat = Chat::new(pages());
    chat.step(send("Open?"));
    chat.on(found(&chat, Verdict::Enough), "sources:1 *");
    chat.on(ABSENT, "* =idle status:idle").log("Open? | ");
    chat.step(send("Hi"));
    chat.on(found(&chat, Verdict::Chat), "unanswered:Hi * =idle status:idle");

    let mut chat = Chat::new(pages());
    chat.step(send("Hi"));
    chat.step(found(&chat, Verdict::Chat));
    chat.on(THERE, "prompt(Hi) status:thinking@builtin");
    // Nothing else can answer.
    chat.on(chat.throws(Code::EngineFailed), "note unanswered:Hi * =idle status:idle");
    chat.step(send("Open?"));
    chat.on(found(&chat, Verdict::Enough), "sources:1 * * =idle status:idle").log("Hi | [unanswered] | Open? | ");
}
