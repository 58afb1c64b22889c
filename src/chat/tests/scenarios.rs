//! Scenarios: an event, and what follows from it.

use super::*;
use crate::error::Reference;

#[test]
fn the_first_question() {
    let mut chat = Chat::new(settings());
    chat.on(Event::Draft("Why? ".into()), "")
        .on(send("Why? "), "draft + visitor:Why? + consent? =consent status:consent")
        .log("Why? | […]")
        .on(Event::Agree, "consent:yes load =loading:0 status:loading")
        .on(Event::Engine(FromEngine::Ready { protocol: PROTOCOL }), "")
        .on(progress(40), "progress:40 =loading:40")
        .on(progress(100), "progress:100 =loading:100")
        .on(loaded(), "ask(Why?) =thinking status:thinking@webgpu");
    chat.on(chat.token("Be"), "~Be =answering status:answering@webgpu");
    chat.on(chat.token("cause."), "~cause.").log("Why? | Because.[…]");
    chat.on(chat.done(Finish::Stop), "* assistant:Because. =idle status:ready@webgpu").log("Why? | Because.");
    assert_eq!((chat.state.draft.as_str(), chat.reported.len()), ("", 0));
}

#[test]
fn the_next_question_finds_the_model_loaded_and_the_conversation_whole() {
    let mut chat = Chat::ready();
    chat.state.settings.system_prompt = Some("Be kind.".into());
    chat.on(send("1?"), "draft + visitor:1? + ask(Be kind./1?) =thinking status:thinking@webgpu");
    chat.step(chat.token("one"));
    // The end of the context is an end like any other.
    chat.on(chat.done(Finish::Length), "* assistant:one =idle status:ready@webgpu");
    chat.on(send("2?"), "draft + visitor:2? + ask(Be kind./1?/one/2?) =thinking status:thinking@webgpu");
}

#[test]
fn a_site_may_have_the_consent_already() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.on(send("Hi"), "draft + visitor:Hi + load =loading:0 status:loading");
}

#[test]
fn declined_and_reconsidered() {
    let mut chat = Chat::new(settings());
    chat.step(send("Hi"));
    chat.on(Event::Decline, "consent:no * =idle status:idle").log("Hi | [declined]");
    chat.on(chat.again(), "* consent? =consent status:consent").log("Hi | […]");
    chat.on(Event::Stop, "consent:no * =idle status:idle").log("Hi | [declined]");
    chat.on(chat.again(), "* consent? =consent status:consent");
    chat.on(Event::Agree, "consent:yes load =loading:0 status:loading");
    chat.on(loaded(), "ask(Hi) =thinking status:thinking@webgpu");
    assert_eq!(chat.reported.len(), 0);
}

#[test]
fn an_unanswered_question_is_not_told_to_the_model() {
    let mut chat = Chat::new(settings());
    chat.step(send("1?"));
    chat.step(Event::Decline);
    chat.step(send("2?"));
    chat.step(Event::Agree);
    chat.on(loaded(), "ask(2?) =thinking status:thinking@webgpu").log("1? | [declined] | 2? | […]");
}

#[test]
fn an_earlier_question_is_asked_again_in_its_place() {
    let mut chat = Chat::new(settings());
    chat.step(send("1?"));
    chat.step(Event::Decline);
    let first = chat.again();
    chat.step(send("2?"));
    chat.step(Event::Agree);
    chat.step(loaded());
    chat.step(chat.token("two"));
    chat.step(chat.done(Finish::Stop));
    chat.on(first, "* ask(1?) =thinking status:thinking@webgpu").log("1? | […] | 2? | two");
    chat.step(chat.token("one"));
    chat.step(chat.done(Finish::Stop));
    chat.on(send("3?"), "draft + visitor:3? + ask(1?/one/2?/two/3?) =thinking status:thinking@webgpu");
}

#[test]
fn nothing_is_sent_while_an_answer_is_awaited() {
    let mut chat = Chat::ready();
    chat.step(send("1?"));
    chat.on(Event::Draft("2?".into()), "").on(send("2?"), "");
    assert_eq!(chat.state.draft, "2?");
    // A site's message does not overwrite what the visitor is writing, and is kept where nothing stands.
    chat.on(send("from the site"), "");
    assert_eq!(chat.state.draft, "2?");
    chat.on(Event::Draft(" ".into()), "").on(send("from the site"), "draft");
    assert_eq!(chat.state.draft, "from the site");
    chat.log("1? | […]").on(send("   "), "").on(send(""), "");
}

#[test]
fn a_sites_message_leaves_the_visitors_draft_alone() {
    let mut chat = Chat::ready();
    chat.step(Event::Draft("half a thou".into()));
    chat.on(send("Hello"), "+ visitor:Hello + ask(Hello) =thinking status:thinking@webgpu");
    assert_eq!(chat.state.draft, "half a thou");
}

#[test]
fn stop_while_loading_and_a_new_question_at_once() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("1?"));
    chat.on(Event::Stop, "stop * =idle status:idle").log("1? | [stopped]");
    chat.on(send("2?"), "draft + visitor:2? + load =loading:0 status:loading");
    // Of the stopped load, on its way when the new one began.
    chat.on(progress(70), "").on(stopped(), "");
    chat.on(progress(10), "progress:10 =loading:10");
    chat.on(loaded(), "ask(2?) =thinking status:thinking@webgpu").log("1? | [stopped] | 2? | […]");
}

#[test]
fn a_stop_that_crosses_the_end_of_a_load() {
    for late in [loaded(), load_failed(Code::ModelIntegrity), stopped()] {
        let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
        chat.step(send("1?"));
        chat.step(Event::Stop);
        chat.on(late, "");
        chat.on(chat.again(), "* load =loading:0 status:loading");
        chat.on(loaded(), "ask(1?) =thinking status:thinking@webgpu");
    }
}

#[test]
fn stop_while_thinking_and_while_answering() {
    let mut chat = Chat::ready();
    chat.step(send("1?"));
    let of_the_first = [chat.token("late"), chat.done(Finish::Stopped), chat.answer_failed(Code::BadRequest)];
    chat.on(Event::Stop, "stop * =idle status:ready@webgpu").log("1? | [stopped]");
    for late in of_the_first.clone() {
        chat.on(late, "");
    }
    chat.step(send("2?"));
    for late in of_the_first {
        chat.on(late, "");
    }
    chat.step(chat.token("tw"));
    chat.on(Event::Stop, "stop * assistant:tw =idle status:ready@webgpu").log("1? | [stopped] | 2? | tw[stopped]");
    chat.on(chat.token("o"), "").on(Event::Stop, "");
    chat.on(send("3?"), "draft + visitor:3? + ask(2?/tw/3?) =thinking status:thinking@webgpu");
}

#[test]
fn a_device_lost_before_the_first_word_is_never_heard_of() {
    for code in [Code::GpuLost, Code::EngineFailed] {
        let mut chat = Chat::ready();
        chat.step(send("Hi"));
        chat.on(chat.answer_failed(code), "drop load =loading:0 status:loading").log("Hi | […]");
        chat.on(loaded(), "ask(Hi) =thinking status:thinking@webgpu");
        // White space is not a word.
        chat.on(chat.token("\n"), "~\n =answering status:answering@webgpu");
        let line = match code {
            Code::GpuLost => "drop * report:gpu_lost =idle status:idle",
            _ => "drop * report:engine_failed =idle status:idle",
        };
        chat.on(chat.answer_failed(code), line);
        assert_eq!(chat.reported.len(), 1);
        // By hand it may restart once more.
        chat.on(chat.again(), "* load =loading:0 status:loading");
        chat.on(load_failed(code), "drop load");
    }
}

#[test]
fn a_device_lost_in_mid_answer_keeps_the_words_and_rebuilds() {
    let mut chat = Chat::ready();
    chat.step(send("Hi"));
    chat.step(chat.token("Hel"));
    chat.on(chat.answer_failed(Code::GpuLost), "drop * report:gpu_lost load =loading:0 status:loading");
    chat.log("Hi | Hel[Device Ask]");
    assert!(chat.state.accepts());
    chat.on(progress(50), "progress:50 =loading:50").on(loaded(), "=idle status:ready@webgpu");
    chat.on(chat.again(), "* ask(Hi) =thinking status:thinking@webgpu").log("Hi | […]");
}

#[test]
fn a_question_during_the_rebuild_waits_for_it() {
    let mut chat = Chat::ready();
    chat.step(send("1?"));
    chat.step(chat.token("on"));
    chat.step(chat.answer_failed(Code::EngineFailed));
    chat.on(progress(50), "progress:50 =loading:50");
    chat.on(send("2?"), "draft + visitor:2? +");
    chat.on(loaded(), "ask(1?/on/2?) =thinking status:thinking@webgpu");
}

#[test]
fn a_rebuild_that_fails_is_silent_and_can_be_cancelled() {
    let rebuilding = || {
        let mut chat = Chat::ready();
        chat.step(send("1?"));
        chat.step(chat.token("on"));
        chat.step(chat.answer_failed(Code::GpuLost));
        chat
    };
    let mut chat = rebuilding();
    chat.on(load_failed(Code::GpuLost), "drop =idle status:idle").log("1? | on[Device Ask]");
    chat.on(chat.again(), "* load =loading:0 status:loading");
    let mut chat = rebuilding();
    chat.on(Event::Stop, "stop =idle status:idle").on(stopped(), "").log("1? | on[Device Ask]");
    assert_eq!(chat.reported.len(), 1);
}

#[test]
fn downloads_are_tried_twice_more_and_then_offered() {
    for code in [Code::ModelDownloadFailed, Code::NetworkError, Code::Timeout] {
        let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
        chat.step(send("Hi"));
        chat.on(progress(60), "progress:60 =loading:60");
        chat.on(load_failed(code), "wait:500 =loading:0");
        chat.on(Event::Waited(chat.wait.wrapping_add(1)), "");
        chat.on(chat.waited(), "load");
        chat.on(chat.waited(), "");
        chat.on(load_failed(code), "wait:1000");
        chat.on(chat.waited(), "load");
        chat.on(load_failed(code), &format!("* report:{code} =idle status:idle"));
        chat.on(chat.again(), "* load =loading:0 status:loading");
        chat.on(load_failed(code), "wait:500");
        chat.on(Event::Stop, "* =idle status:idle");
        chat.on(chat.waited(), "").log("Hi | [stopped]");
        assert_eq!(chat.reported.len(), 1);
    }
}

#[test]
fn wrong_bytes_are_fetched_once_more_past_the_cache() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Hi"));
    chat.on(load_failed(Code::ModelIntegrity), "load-fresh");
    chat.on(load_failed(Code::ModelIntegrity), "* report:model_integrity =idle status:idle");
    chat.log("Hi | [Download Ask]");
    // The cache is as suspect by hand, until the bytes were right once.
    chat.on(chat.again(), "* load-fresh =loading:0 status:loading");
    chat.on(loaded(), "ask(Hi) =thinking status:thinking@webgpu");
    chat.on(chat.answer_failed(Code::GpuLost), "drop load =loading:0 status:loading");
}

#[test]
fn what_can_not_help_is_not_tried() {
    for (code, log) in [
        (Code::WebgpuUnavailable, "Hi | [Device Nothing]"),
        (Code::GpuOutOfMemory, "Hi | [Device Nothing]"),
        (Code::ModelUnsupported, "Hi | [Setup Nothing]"),
    ] {
        let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
        chat.step(send("Hi"));
        chat.on(load_failed(code), &format!("drop * report:{code} =idle status:idle")).log(log);
        chat.on(chat.again(), "");
        assert!(chat.state.accepts(), "the visitor may still write");
    }
}

#[test]
fn an_engine_that_can_not_be_started() {
    let gone = |code| Event::EngineGone { code, message: "why".into() };
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Hi"));
    chat.on(gone(Code::EngineFailed), "load");
    chat.on(gone(Code::NetworkError), "wait:500").on(gone(Code::NetworkError), "");
    chat.on(chat.waited(), "load").on(gone(Code::EngineFailed), "* report:engine_failed =idle status:idle");
    chat.on(gone(Code::EngineFailed), "").log("Hi | [Ours Ask]");
}

#[test]
fn an_idle_engine_may_die_unnoticed() {
    let deaths = [Event::EngineGone { code: Code::EngineFailed, message: "why".into() }, load_failed(Code::GpuLost)];
    for (death, line) in deaths.into_iter().zip(["status:idle", "drop status:idle"]) {
        let mut chat = Chat::ready();
        chat.on(death, line);
        chat.on(send("Hi"), "draft + visitor:Hi + load =loading:0 status:loading");
        assert_eq!(chat.reported.len(), 0);
    }
    // A stopped answer's engine breaks: it is not asked again.
    let mut chat = Chat::ready();
    chat.step(send("1?"));
    chat.step(Event::Stop);
    chat.on(chat.answer_failed(Code::GpuLost), "drop status:idle");
}

#[test]
fn another_versions_engine_is_not_started_again() {
    let ready = || Event::Engine(FromEngine::Ready { protocol: PROTOCOL + 1 });
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Hi"));
    chat.on(ready(), "drop * report:engine_failed =idle status:idle").log("Hi | [Ours Ask]");
}

#[test]
fn an_answer_without_a_word_is_a_failure() {
    let mut chat = Chat::ready();
    chat.step(send("Hi"));
    chat.step(chat.token(" \n"));
    chat.on(chat.done(Finish::Stop), "* report:answer_empty =idle status:ready@webgpu");
    chat.on(chat.again(), "* ask(Hi) =thinking status:thinking@webgpu").log("Hi | […]");
}

#[test]
fn a_new_conversation_stops_the_old_one() {
    let mut chat = Chat::ready();
    chat.step(Event::Draft("kept".into()));
    chat.step(send("Hi"));
    chat.on(Event::Reset, "stop cleared =idle status:ready@webgpu").log("");
    chat.on(chat.token("late"), "");
    chat.on(chat.done(Finish::Stopped), "");
    assert_eq!(chat.state.draft, "kept");
    let mut chat = Chat::new(settings());
    chat.step(send("Hi"));
    chat.on(Event::Reset, "consent:no cleared =idle status:idle");
    let mut chat = Chat::new(Settings { consent_granted: true, ..settings() });
    chat.step(send("Hi"));
    chat.on(Event::Reset, "stop cleared =idle status:idle").on(stopped(), "");
}

#[test]
fn a_misconfigured_site_takes_no_question_and_loses_none() {
    let failure = Failure::client(Code::ConfigInvalid, "`backend` is no backend", Reference::client([9; 8]));
    let mut chat = Chat::new(settings());
    chat.on(Event::Misconfigured(failure.clone()), "report:config_invalid +").log("[Setup Nothing]");
    chat.on(send("Hi"), "draft").log("[Setup Nothing]");
    assert_eq!(chat.state.draft, "Hi");
    chat.on(Event::Reset, "cleared +").log("[Setup Nothing]");
    assert!(matches!(
        chat.state.entries.last().map(|entry| &entry.state),
        Some(EntryState::Failed(notice)) if notice.reference == failure.reference
    ));
    chat.on(Event::Configured(settings()), "*").log("");
    chat.on(send("Hi"), "draft + visitor:Hi + consent? =consent status:consent");
    assert_eq!(chat.reported, [failure.reference.as_str()]);
}

#[test]
fn a_site_without_a_model() {
    let mut chat = Chat::new(Settings { model: None, ..settings() });
    chat.step(Event::Draft("Hi".into()));
    chat.on(send("Hi"), "report:config_invalid +").log("[Setup Nothing]").on(send("Hi"), "");
    assert_eq!((chat.state.draft.as_str(), chat.reported.len()), ("Hi", 1));
}

#[test]
fn a_misconfiguration_in_mid_answer_ends_it() {
    let failure = Failure::client(Code::ConfigInvalid, "why", Reference::client([9; 8]));
    let mut chat = Chat::ready();
    chat.step(send("Hi"));
    chat.on(Event::Misconfigured(failure), "stop * report:config_invalid + =idle status:ready@webgpu");
    chat.log("Hi | [stopped] | [Setup Nothing]");
    let question = chat.state.entries[1].id;
    chat.on(Event::TryAgain(question), "").on(Event::Configured(settings()), "*");
    chat.on(Event::TryAgain(question), "* ask(Hi) =thinking status:thinking@webgpu");
}

#[test]
fn another_model_needs_another_consent() {
    let other = || Settings { model: Some(model("b")), ..settings() };
    let mut chat = Chat::ready();
    chat.on(Event::Configured(other()), "");
    chat.on(send("Hi"), "draft + visitor:Hi + consent? =consent status:consent@webgpu");
    chat.on(Event::Agree, "consent:yes load =loading:0 status:loading");

    // The old one's engine may die meanwhile.
    let mut chat = Chat::ready();
    chat.step(Event::Configured(other()));
    chat.step(send("Hi"));
    chat.on(Event::EngineGone { code: Code::EngineFailed, message: "why".into() }, "status:consent");

    // While the first is on its way.
    let mut chat = Chat::new(settings());
    chat.step(send("Hi"));
    chat.step(Event::Agree);
    chat.on(Event::Configured(other()), "stop consent? =consent status:consent").on(stopped(), "");
    // While it is being asked for; and the same one with the site's own consent.
    let third = || Settings { model: Some(model("c")), ..settings() };
    chat.on(Event::Configured(third()), "consent? =consent");
    chat.on(Event::Configured(Settings { consent_granted: true, ..third() }), "load =loading:0 status:loading");
    // Back to the one that was agreed to.
    chat.on(Event::Configured(settings()), "stop load");

    // Lost in mid-answer: the new one is not fetched unasked.
    let mut chat = Chat::ready();
    chat.step(send("Hi"));
    chat.step(chat.token("Hel"));
    chat.on(Event::Configured(other()), "");
    chat.on(chat.answer_failed(Code::GpuLost), "drop * report:gpu_lost =idle status:idle");
}

#[test]
fn another_backend_loads_the_same_model_anew() {
    let mut chat = Chat::ready();
    chat.on(Event::Configured(Settings { backend: crate::wire::BackendChoice::Cpu, ..settings() }), "");
    chat.on(send("Hi"), "draft + visitor:Hi + load =loading:0 status:loading");
}
