//! Scenarios with a server's configuration: early, late, never, another.

use super::*;

#[test]
fn a_configuration_that_is_late_is_waited_for_only_where_it_matters() {
    let mut chat = Chat::new(Settings { consent_granted: true, ..with_server(Mode::Auto) });
    chat.on(Event::Mounted, "GET config");
    chat.on(send("Why?"), "draft + visitor:Why? + load =loading:0 status:loading");
    chat.on(load_failed(Code::ModelUnsupported), "drop =thinking status:thinking");
    chat.on(chat.hear(Heard::Config(open())), "leave? =leaving status:consent");
}

#[test]
fn a_configuration_that_can_not_be_had() {
    // The device's own cause stands, and the developer hears of the other too.
    let mut chat = Chat::new(Settings { consent_granted: true, ..with_server(Mode::Auto) });
    chat.on(Event::Mounted, "GET config");
    chat.on(chat.refuses(Code::KeyRevoked), "");
    chat.step(send("Why?"));
    chat.on(load_failed(Code::WebgpuUnavailable), "drop GET config =thinking status:thinking");
    let effects = chat.step(chat.refuses(Code::KeyRevoked));
    assert_eq!(tell(&effects, &chat.state), "* report:webgpu_unavailable =idle status:idle");
    assert!(Chat::last_message(&effects).contains("key_revoked"));

    // Where only the server could answer, its failure is the failure, with its id.
    let mut chat = Chat::new(with_server(Mode::Remote));
    chat.on(send("Why?"), "draft + visitor:Why? + GET config =thinking status:thinking");
    let effects = chat.step(chat.refuses(Code::OriginNotAllowed));
    assert_eq!(tell(&effects, &chat.state), "* report:origin_not_allowed =idle status:idle");
    assert_eq!(chat.reported, ["req-123456"]);

    // What may pass is tried again, and the next question tries anew.
    let mut chat = Chat::new(with_server(Mode::Remote));
    chat.step(send("Why?"));
    chat.on(chat.refuses(Code::ProviderUnavailable), "wait:500");
    chat.on(chat.waited(), "GET config");
    chat.on(chat.refuses(Code::ProviderUnavailable), "wait:1000");
    chat.on(chat.waited(), "GET config");
    chat.on(chat.refuses(Code::ProviderUnavailable), "* report:provider_unavailable =idle status:idle");
    chat.reported.clear();
    chat.on(chat.again(), "* GET config =thinking status:thinking");
}

#[test]
fn a_server_names_the_model() {
    let mut chat = Chat::new(Settings { model: None, ..with_server(Mode::Local) });
    chat.on(Event::Mounted, "GET config");
    chat.on(send("Why?"), "draft + visitor:Why? + =thinking status:thinking");
    let config = SiteConfig { model: Some(model("c")), paid: false, ..open() };
    chat.on(chat.hear(Heard::Config(config)), "consent? =consent status:consent");
    chat.on(Event::Agree, "consent:yes load =loading:0 status:loading");
    chat.on(loaded(), "ask(Why?) =thinking status:thinking@webgpu");
}

#[test]
fn another_kind_of_server_has_no_configuration() {
    let server = server(ApiKind::OpenAi).map(|server| Server { model: Some("m".into()), ..server });
    let mut chat = Chat::new(Settings { mode: Mode::Remote, server, ..settings() });
    chat.on(Event::Mounted, "");
    chat.on(send("Why?"), "draft + visitor:Why? + * POST question =thinking status:thinking@remote");
}

#[test]
fn a_402_of_the_configuration_holds_too() {
    let mut chat = Chat::new(with_server(Mode::Remote));
    chat.step(send("1?"));
    chat.on(chat.refuses(Code::QuotaExceeded), "* report:quota_exceeded =idle status:idle");
    assert_eq!(chat.reported, ["req-123456"]);
    // Nothing is asked of the server any more, and each failure has a reference of its own.
    chat.on(send("2?"), "draft + visitor:2? + * report:quota_exceeded");
}

#[test]
fn options_that_change_the_server_begin_anew() {
    let mut chat = Chat::configured(with_server(Mode::Remote), open());
    chat.step(send("1?"));
    let other = Server { base: "https://other.example".into(), ..server(ApiKind::InferKit).unwrap_or_default() };
    let settings = Settings { server: Some(other), ..with_server(Mode::Remote) };
    chat.on(Event::Configured(settings), "abort GET config status:thinking");
    chat.on(chat.hear(Heard::Config(open())), "POST question status:thinking@remote");
    let reference = Reference::client([9; 8]);
    let failure = Failure::client(Code::NetworkError, "why", reference);
    chat.on(chat.hear(Heard::Failed { failure, retry_after: None }), "wait:500");
}

#[test]
fn the_panel_wears_what_the_newest_configuration_says() {
    let look = vec![("theme.accent".to_owned(), "teal".to_owned())];
    let mut chat = Chat::new(with_server(Mode::Auto));
    chat.on(Event::Mounted, "GET config");
    chat.on(chat.hear(Heard::Config(SiteConfig { look, ..pro() })), "look:1");
    let key = |key: &str| {
        let mut settings = with_server(Mode::Auto);
        settings.server.as_mut().expect("a server").api_key = Some(key.into());
        settings
    };
    chat.on(Event::Configured(key("ik_pub_other")), "GET config");
    chat.on(chat.hear(Heard::Config(pro())), "look:0");
    chat.on(Event::Configured(key("ik_pub_third")), "GET config");
    chat.on(chat.hear(Heard::Config(pro())), "");
}
