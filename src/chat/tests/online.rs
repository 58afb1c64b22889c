//! Scenarios with a server: what follows from each event where a question may leave the device.

mod config;

use super::{world::turnstile, *};
use crate::{
    answer::remote::{ApiKind, Heard, Server, SiteConfig},
    error::Reference,
    gate::{Mode, challenge::Outcome},
};

fn server(kind: ApiKind) -> Option<Server> {
    Some(Server { kind, base: "https://api.example".into(), api_key: Some("ik_pub_a".into()), ..Server::default() })
}

fn with_server(mode: Mode) -> Settings {
    Settings { mode, server: server(ApiKind::InferKit), ..settings() }
}

fn pro() -> SiteConfig {
    SiteConfig { paid: true, remote_enabled: true, turnstile: Some(turnstile()), ..SiteConfig::default() }
}

fn open() -> SiteConfig {
    SiteConfig { turnstile: None, ..pro() }
}

fn server_failure(code: Code) -> Failure {
    Failure::server(code.status().unwrap_or(500), Some(code.as_str()), "why", Some("req-123456"), || {
        unreachable!("the server has given an id")
    })
}

impl Chat {
    fn hear(&self, heard: Heard) -> Event {
        Event::Server { id: self.call, heard }
    }

    fn says(&self, text: &str) -> Event {
        self.hear(Heard::Text(text.into()))
    }

    fn refuses(&self, code: Code) -> Event {
        self.refuses_for(code, None)
    }

    fn refuses_for(&self, code: Code, retry_after: Option<u64>) -> Event {
        self.hear(Heard::Failed { failure: server_failure(code), retry_after })
    }

    fn session(&self) -> Event {
        self.hear(Heard::Session { token: "s".into(), seconds: 600 })
    }

    /// A new one whose configuration has come.
    fn configured(settings: Settings, config: SiteConfig) -> Self {
        let mut chat = Self::new(settings);
        chat.on(Event::Mounted, "GET config");
        chat.step(chat.hear(Heard::Config(config)));
        chat
    }

    fn last_message(effects: &[Effect]) -> String {
        let reported = effects.iter().find_map(|effect| match effect {
            Effect::Report(failure) => Some(failure.message.clone()),
            _ => None,
        });
        reported.expect("a report")
    }
}

fn solved() -> Event {
    Event::Challenge(Outcome::Solved("t".into()))
}

#[test]
fn a_device_that_can_not_gives_way_to_the_server_after_a_question_and_a_challenge() {
    let mut chat = Chat::configured(with_server(Mode::Auto), pro());
    chat.on(send("Why?"), "draft + visitor:Why? + consent? =consent status:consent");
    chat.on(Event::Agree, "consent:yes load =loading:0 status:loading");
    chat.on(load_failed(Code::WebgpuUnavailable), "drop leave? =leaving status:consent");
    chat.on(Event::Agree, "leave:yes * challenge:key =verifying status:verifying");
    chat.on(Event::Challenge(Outcome::Interactive), "=verifying:click");
    chat.on(Event::Challenge(Outcome::Quiet), "=verifying");
    chat.on(solved(), "POST session =thinking status:thinking@remote");
    chat.on(chat.session(), "wait:570000 POST question");
    chat.on(chat.says("Be"), "~Be =answering status:answering@remote");
    chat.on(chat.says("cause."), "~cause.").log("Why? | @Because.[…]");
    chat.on(chat.hear(Heard::Done), "* assistant:Because. =idle status:idle").log("Why? | @Because.");
    assert!(chat.reported.is_empty());
    // Asked once per conversation, and the session is still good.
    chat.on(send("And?"), "draft + visitor:And? + * POST question =thinking status:thinking@remote");
    chat.step(chat.hear(Heard::Done));
    chat.on(Event::Reset, "cleared");
    chat.on(send("Anew?"), "draft + visitor:Anew? + load =loading:0 status:loading");
}

#[test]
fn the_free_plan_keeps_the_question_and_names_both_causes() {
    let mut chat = Chat::configured(
        Settings { consent_granted: true, ..with_server(Mode::Auto) },
        SiteConfig { paid: false, ..pro() },
    );
    chat.step(send("Why?"));
    let effects = chat.step(load_failed(Code::WebgpuUnavailable));
    assert_eq!(tell(&effects, &chat.state), "drop * report:upgrade_required =idle status:idle");
    let message = Chat::last_message(&effects);
    assert!(message.contains("upgrade") && message.contains("webgpu_unavailable: why"), "{message}");
    chat.log("Why? | [Plan Nothing]");
    // The device gets its chance with every question.
    chat.on(send("Again?"), "draft + visitor:Again? + load =loading:0 status:loading");
}

#[test]
fn mode_remote_asks_nobody_and_needs_no_session_without_a_site_key() {
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.on(send("Why?"), "draft + visitor:Why? + * POST question =thinking status:thinking@remote");
    // The server wants a session all the same, and nobody knows where to get one.
    chat.on(chat.refuses(Code::BotChallengeRequired), "* report:bot_challenge_required =idle status:idle");
    assert_eq!(chat.reported, ["req-123456"]);
}

#[test]
fn a_session_that_is_over_is_renewed_once() {
    let mut chat = Chat::configured(with_server(Mode::Remote), pro());
    chat.on(send("1?"), "draft + visitor:1? + * challenge:key =verifying status:verifying");
    chat.step(solved());
    chat.step(chat.session());
    let expiry = chat.waited();
    chat.step(chat.says("one"));
    chat.step(chat.hear(Heard::Done));
    chat.on(send("2?"), "draft + visitor:2? + * POST question =thinking status:thinking@remote");
    chat.on(chat.refuses(Code::InvalidToken), "challenge:key =verifying status:verifying");
    chat.step(solved());
    chat.on(chat.session(), "wait:570000 POST question");
    chat.on(chat.refuses(Code::InvalidToken), "* report:invalid_token =idle status:idle");
    // An old session's end is none of the new one's.
    chat.on(expiry, "");
    let mut chat = Chat::configured(with_server(Mode::Remote), pro());
    chat.step(send("1?"));
    chat.step(solved());
    chat.step(chat.session());
    chat.on(chat.waited(), "");
    chat.step(chat.says("one"));
    chat.step(chat.hear(Heard::Done));
    chat.on(send("2?"), "draft + visitor:2? + * challenge:key =verifying status:verifying");
}

#[test]
fn a_proof_that_the_question_itself_finds_wanting_is_given_anew() {
    let mut chat = Chat::configured(with_server(Mode::Remote), pro());
    chat.step(send("1?"));
    chat.step(solved());
    chat.step(chat.session());
    chat.on(chat.refuses(Code::ChallengeFailed), "challenge:key =verifying status:verifying");
    chat.on(solved(), "POST session =thinking status:thinking@remote");
    chat.on(chat.session(), "wait:570000 POST question");
    chat.on(chat.refuses(Code::ChallengeFailed), "* report:challenge_failed =idle status:idle");

    // Nobody knows what to solve: asking the same again would get the same answer.
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.on(send("Why?"), "draft + visitor:Why? + * POST question =thinking status:thinking@remote");
    chat.on(chat.refuses(Code::ChallengeFailed), "* report:challenge_failed =idle status:idle");
}

#[test]
fn at_most_two_challenges_for_a_question() {
    let mut chat = Chat::configured(with_server(Mode::Remote), pro());
    chat.step(send("1?"));
    chat.step(solved());
    chat.on(chat.refuses(Code::ChallengeFailed), "challenge:key =verifying status:verifying");
    chat.on(solved(), "POST session =thinking status:thinking@remote");
    chat.step(chat.session());
    chat.on(chat.refuses(Code::BotChallengeRequired), "* report:bot_challenge_required =idle status:idle");
    chat.reported.clear();
    chat.on(chat.again(), "* * challenge:key =verifying status:verifying");
    let failed = Outcome::Failed { code: Code::ChallengeUnavailable, message: "blocked".into() };
    chat.on(Event::Challenge(failed), "* report:challenge_unavailable =idle status:idle");
    chat.log("1? | @[Verify Ask]");
}

#[test]
fn a_402_holds_and_the_device_goes_on() {
    let mut chat = Chat::configured(with_server(Mode::Auto), open());
    chat.step(send("1?"));
    chat.on(Event::Decline, "consent:no leave? =leaving");
    chat.on(Event::Agree, "leave:yes * POST question =thinking status:thinking@remote");
    chat.on(chat.refuses(Code::QuotaExceeded), "* report:quota_exceeded =idle status:idle");
    chat.on(send("2?"), "draft + visitor:2? + consent? =consent status:consent");
    chat.step(Event::Agree);
    chat.on(load_failed(Code::GpuOutOfMemory), "drop * report:quota_exceeded =idle status:idle");
}

#[test]
fn declining_both_is_no_failure_and_declining_to_leave_a_broken_device_is() {
    let mut chat = Chat::configured(with_server(Mode::Auto), open());
    chat.step(send("1?"));
    chat.step(Event::Decline);
    chat.on(Event::Decline, "leave:no * =idle status:idle").log("1? | [declined]");
    let mut chat = Chat::configured(Settings { consent_granted: true, ..with_server(Mode::Auto) }, open());
    chat.step(send("1?"));
    chat.step(load_failed(Code::WebgpuUnavailable));
    chat.on(Event::Decline, "leave:no * report:webgpu_unavailable =idle status:idle").log("1? | [Device Nothing]");
}

#[test]
fn a_site_that_promised_nothing_need_not_ask() {
    let mut chat = Chat::configured(
        Settings { remote_consent_granted: true, consent_granted: true, ..with_server(Mode::Auto) },
        open(),
    );
    chat.step(send("1?"));
    chat.on(load_failed(Code::WebgpuUnavailable), "drop * POST question =thinking status:thinking@remote");
}

#[test]
fn too_many_questions_are_waited_for_in_silence_then_counted_then_left_to_the_visitor() {
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.step(send("1?"));
    chat.on(chat.refuses_for(Code::RateLimited, Some(3)), "wait:3000");
    chat.on(chat.waited(), "POST question");
    chat.on(chat.refuses_for(Code::RateLimited, Some(30)), "wait:30000 =waiting:30 status:waiting@remote");
    chat.on(chat.waited(), "POST question =thinking status:thinking@remote");
    chat.on(chat.refuses_for(Code::RateLimited, Some(60)), "* report:rate_limited wait:60000 =idle status:idle");
    assert!(!chat.state.can_try_again(EntryId(3)) && chat.state.accepts());
    let opens = chat.waited();
    chat.on(chat.again(), "").on(opens, "*");
    chat.reported.clear();
    chat.on(chat.again(), "* * POST question =thinking status:thinking@remote");
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_says_whatever_else_went_wrong() {
    // Two challenges were solved, and the session that they gave is gone.
    let mut chat = Chat::configured(with_server(Mode::Remote), pro());
    chat.step(send("1?"));
    chat.step(solved());
    chat.step(chat.refuses(Code::ChallengeFailed));
    chat.step(solved());
    chat.on(chat.refuses_for(Code::RateLimited, Some(30)), "* report:rate_limited wait:30000 =idle status:idle");
    assert!(!chat.state.can_try_again(EntryId(3)));

    // No session helps where the configuration is refused.
    let mut chat = Chat::new(with_server(Mode::Remote));
    chat.step(send("1?"));
    chat.on(chat.refuses_for(Code::InvalidToken, Some(30)), "* report:invalid_token wait:30000 =idle status:idle");
    assert!(!chat.state.can_try_again(EntryId(3)));
}

#[test]
fn a_challenge_that_nobody_can_solve_is_told_although_a_download_was_declined() {
    let mut chat = Chat::configured(Settings { remote_consent_granted: true, ..with_server(Mode::Auto) }, open());
    chat.step(send("1?"));
    chat.on(Event::Decline, "consent:no * POST question =thinking status:thinking@remote");
    chat.on(chat.refuses(Code::BotChallengeRequired), "* report:bot_challenge_required =idle status:idle");
}

#[test]
fn a_question_after_another_conversation_is_another_question() {
    let key = |effects: &[Effect]| {
        let headers = effects.iter().find_map(|effect| match effect {
            Effect::Send { outgoing, .. } => Some(&outgoing.headers),
            _ => None,
        });
        headers.and_then(|headers| headers.iter().find(|(name, _)| *name == "Idempotency-Key").cloned()).expect("a key")
    };
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.step(send("1?"));
    chat.step(chat.refuses(Code::BadRequest));
    chat.reported.clear();
    let first = key(&chat.step(send("2?")));
    chat.step(chat.refuses(Code::BadRequest));
    chat.reported.clear();
    assert_eq!(key(&chat.step(chat.again())), first);
    chat.step(chat.refuses(Code::BadRequest));
    // The first is answered after all, and now stands before the second.
    chat.step(Event::TryAgain(EntryId(3)));
    chat.step(chat.says("Yes."));
    chat.step(chat.hear(Heard::Done));
    chat.reported.clear();
    assert_ne!(key(&chat.step(chat.again())), first);
}

#[test]
fn after_a_word_nothing_is_asked_again_by_itself() {
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.step(send("1?"));
    chat.step(chat.says("Be"));
    chat.on(chat.refuses(Code::ProviderUnavailable), "* report:provider_unavailable =idle status:idle");
    chat.log("1? | @Be[Ours Ask]");
}

#[test]
fn stop_in_every_phase() {
    let mut chat = Chat::new(with_server(Mode::Remote));
    chat.step(send("1?"));
    // The configuration is worth having.
    chat.on(Event::Stop, "* =idle status:idle");
    chat.on(chat.hear(Heard::Config(pro())), "");
    chat.on(chat.again(), "* * challenge:key =verifying status:verifying");
    chat.on(Event::Stop, "end-challenge * =idle status:idle");
    chat.step(chat.again());
    chat.step(solved());
    chat.on(Event::Stop, "abort * =idle status:idle");
    chat.on(chat.session(), "");
    chat.step(chat.again());
    chat.step(solved());
    chat.step(chat.session());
    chat.step(chat.refuses_for(Code::RateLimited, Some(30)));
    chat.on(Event::Stop, "* =idle status:idle");
    chat.on(chat.waited(), "");
    chat.step(chat.again());
    chat.step(chat.says("Be"));
    chat.on(Event::Stop, "abort * assistant:Be =idle status:idle");
    chat.on(chat.says("cause"), "");
    chat.log("1? | @Be[stopped]");
    assert!(chat.reported.is_empty(), "a visitor's Stop is no error");
}
