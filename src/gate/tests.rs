//! The gate over every combination, against the contract's sentences; and sample rows, written out.

use super::*;

const CONSENTS: [Consent; 3] = [Consent::Unasked, Consent::Granted, Consent::Declined];
const FAILED: Code = Code::WebgpuUnavailable;

fn every_remote() -> Vec<Remote> {
    let mut remotes = vec![Remote::None, Remote::OpenAi];
    let mut configs = vec![Err(Code::NetworkError)];
    for tier in [Tier::Free, Tier::Paid] {
        for remote_enabled in [false, true] {
            for site_key in [false, true] {
                configs.push(Ok(RemotePolicy { tier, remote_enabled, site_key }));
            }
        }
    }
    for config in configs {
        for refused in [None, Some(Code::UpgradeRequired), Some(Code::QuotaExceeded)] {
            for session in [Session::Absent, Session::Demanded, Session::Valid] {
                remotes.push(Remote::InferKit { config, refused, session });
            }
        }
    }
    remotes
}

fn every_combination() -> Vec<Circumstances> {
    let mut all = Vec::new();
    for mode in [Mode::Auto, Mode::Local, Mode::Remote] {
        for local in [Local::Ready, Local::Download, Local::Impossible(FAILED)] {
            for download in CONSENTS {
                for promised in [false, true] {
                    for consent in CONSENTS {
                        for remote in every_remote() {
                            let leaving = Leaving { promised, consent };
                            all.push(Circumstances { mode, local, download, leaving, remote });
                        }
                    }
                }
            }
        }
    }
    all
}

/// Checks a sentence of the contract on every combination.
fn always(sentence: &str, holds: impl Fn(&Circumstances, Decision) -> bool) {
    let all = every_combination();
    assert_eq!(all.len(), 3 * 3 * 3 * 2 * 3 * (2 + 9 * 3 * 3));
    for circumstances in all {
        let decision = decide(&circumstances);
        assert!(holds(&circumstances, decision), "{sentence}\n{circumstances:?}\n{decision:?}");
    }
}

/// Something of the question would reach a server.
fn leaves(decision: Decision) -> bool {
    matches!(decision, Decision::AnswerRemotely | Decision::Challenge)
}

/// The server could be asked as far as site and plan go. Written from the contract, not from the code.
fn plan_allows(remote: Remote) -> bool {
    match remote {
        Remote::None => false,
        Remote::OpenAi => true,
        Remote::InferKit { config, refused, .. } => {
            refused.is_none() && config.is_ok_and(|config| config.tier == Tier::Paid && config.remote_enabled)
        }
    }
}

fn challenge_possible(remote: Remote) -> bool {
    match remote {
        Remote::InferKit { config: Ok(config), session, .. } => config.site_key || session != Session::Demanded,
        _ => true,
    }
}

#[test]
fn local_comes_first() {
    always("a ready device answers, unless the site insists on the server", |c, d| {
        c.mode == Mode::Remote || c.local != Local::Ready || d == Decision::AnswerLocally
    });
    always("a download that was agreed to is used", |c, d| {
        c.mode == Mode::Remote
            || (c.local, c.download) != (Local::Download, Consent::Granted)
            || d == Decision::AnswerLocally
    });
    always("an impossible device never answers", |c, d| {
        !matches!(c.local, Local::Impossible(_)) || !matches!(d, Decision::AnswerLocally | Decision::AskDownload)
    });
    always("mode: remote never touches the device", |c, d| {
        c.mode != Mode::Remote || !matches!(d, Decision::AnswerLocally | Decision::AskDownload)
    });
}

#[test]
fn not_a_byte_of_the_model_without_consent() {
    always("answering locally needs a loaded model or consent", |c, d| {
        d != Decision::AnswerLocally || c.local == Local::Ready || c.download == Consent::Granted
    });
    always("asking needs something to ask for", |c, d| {
        d != Decision::AskDownload || (c.local == Local::Download && c.download != Consent::Granted)
    });
    always("who was never asked is asked, and nothing else happens before", |c, d| {
        c.mode == Mode::Remote
            || (c.local, c.download) != (Local::Download, Consent::Unasked)
            || d == Decision::AskDownload
    });
}

#[test]
fn not_a_word_leaves_without_permission() {
    always("mode: local stays", |c, d| c.mode != Mode::Local || !(leaves(d) || d == Decision::AskToLeave));
    always("the site and its plan must allow it", |c, d| {
        !(leaves(d) || d == Decision::AskToLeave) || plan_allows(c.remote)
    });
    always("a promise is not broken unasked", |c, d| {
        !leaves(d) || !c.leaving.promised || c.leaving.consent == Consent::Granted
    });
    always("nobody is asked who was promised nothing or has agreed", |c, d| {
        d != Decision::AskToLeave || (c.leaving.promised && c.leaving.consent != Consent::Granted)
    });
    always("asked once: a no holds where the device has its own reason", |c, d| {
        d != Decision::AskToLeave || c.mode == Mode::Remote || c.leaving.consent == Consent::Unasked
    });
    always("nobody is asked in vain", |c, d| {
        let mut agreed = *c;
        agreed.leaving.consent = Consent::Granted;
        d != Decision::AskToLeave || leaves(decide(&agreed))
    });
}

#[test]
fn remote_where_local_is_impossible_and_all_allow_it() {
    always("then it does leave", |c, d| {
        let wanted = match (c.mode, c.local) {
            (Mode::Local, _) | (Mode::Auto, Local::Ready) => false,
            (Mode::Auto, Local::Download) => c.download == Consent::Declined,
            (Mode::Auto, Local::Impossible(_)) | (Mode::Remote, _) => true,
        };
        let agreed = !c.leaving.promised || c.leaving.consent == Consent::Granted;
        let may = wanted && agreed && plan_allows(c.remote) && challenge_possible(c.remote);
        may == leaves(d)
    });
}

#[test]
fn a_challenge_where_there_is_a_site_key_and_no_session() {
    always("and nowhere else", |c, d| {
        let unproven = match c.remote {
            Remote::InferKit { config: Ok(config), session, .. } => config.site_key && session != Session::Valid,
            _ => false,
        };
        match d {
            Decision::Challenge => unproven,
            Decision::AnswerRemotely => !unproven,
            _ => true,
        }
    });
    always("a demanded session is never skipped", |c, d| {
        !matches!(c.remote, Remote::InferKit { session: Session::Demanded, .. }) || d != Decision::AnswerRemotely
    });
}

#[test]
fn refusals_name_the_cause_that_can_be_mended() {
    always("a refusal means that nothing is left to try", |c, d| {
        !matches!(d, Decision::Refuse { .. }) || c.mode == Mode::Remote || matches!(c.local, Local::Impossible(_))
    });
    always("each has the contract's code", |c, d| {
        let Decision::Refuse { code, local } = d else { return true };
        let failed = matches!(c.local, Local::Impossible(_)) && c.mode != Mode::Remote;
        // A code about the server is reported with local's beside it; local's own stands alone.
        let both = |expected: Code| (code, local) == (expected, failed.then_some(FAILED));
        let own = |insisting: Code| (code, local) == (if failed { FAILED } else { insisting }, None);
        if c.mode == Mode::Local {
            return own(FAILED);
        }
        match c.remote {
            Remote::InferKit { refused: Some(refused), .. } => both(refused),
            Remote::InferKit { config: Err(unreachable), .. } => own(unreachable),
            Remote::InferKit { config: Ok(config), .. } if config.tier == Tier::Free => both(Code::UpgradeRequired),
            Remote::InferKit { config: Ok(config), .. } if !config.remote_enabled => own(Code::ConfigInvalid),
            Remote::InferKit {
                session: Session::Demanded, config: Ok(RemotePolicy { site_key: false, .. }), ..
            } => both(Code::ChallengeUnavailable),
            Remote::InferKit { .. } | Remote::OpenAi => own(FAILED) && c.leaving.consent == Consent::Declined,
            Remote::None => own(Code::ConfigInvalid),
        }
    });
}

#[test]
fn some_rows_written_out() {
    const PAID: RemotePolicy = RemotePolicy { tier: Tier::Paid, remote_enabled: true, site_key: true };
    const FREE: RemotePolicy = RemotePolicy { tier: Tier::Free, remote_enabled: false, site_key: true };
    let inferkit = |config, session| Remote::InferKit { config: Ok(config), refused: None, session };
    let check = |mode, local, download, promised: bool, consent, remote, expected| {
        let circumstances = Circumstances { mode, local, download, leaving: Leaving { promised, consent }, remote };
        assert_eq!(decide(&circumstances), expected, "{circumstances:?}");
    };
    use Consent::{Declined, Granted, Unasked};
    use Local::{Download, Impossible, Ready};
    use Mode::{Auto, Remote as Remotely};
    let failed = Impossible(FAILED);
    let refuse = |code, local| Decision::Refuse { code, local };

    check(Auto, Download, Unasked, false, Unasked, Remote::None, Decision::AskDownload);
    check(Auto, Download, Granted, false, Unasked, Remote::None, Decision::AnswerLocally);
    check(Auto, Ready, Unasked, false, Unasked, inferkit(PAID, Session::Valid), Decision::AnswerLocally);
    check(Auto, failed, Granted, false, Unasked, Remote::None, refuse(FAILED, None));
    check(Auto, failed, Granted, true, Unasked, inferkit(PAID, Session::Absent), Decision::AskToLeave);
    check(Auto, failed, Granted, true, Granted, inferkit(PAID, Session::Absent), Decision::Challenge);
    check(Auto, failed, Granted, true, Granted, inferkit(PAID, Session::Valid), Decision::AnswerRemotely);
    check(Auto, failed, Granted, true, Declined, inferkit(PAID, Session::Valid), refuse(FAILED, None));
    let upgrade = refuse(Code::UpgradeRequired, Some(FAILED));
    check(Auto, failed, Granted, false, Unasked, inferkit(FREE, Session::Valid), upgrade);
    check(Auto, Download, Declined, false, Unasked, inferkit(FREE, Session::Absent), Decision::AskDownload);
    check(Auto, Download, Declined, false, Unasked, inferkit(PAID, Session::Absent), Decision::Challenge);
    check(Remotely, Ready, Granted, false, Unasked, Remote::OpenAi, Decision::AnswerRemotely);
    check(Remotely, Ready, Granted, false, Unasked, Remote::None, refuse(Code::ConfigInvalid, None));
    check(
        Remotely,
        Ready,
        Granted,
        false,
        Unasked,
        inferkit(FREE, Session::Absent),
        refuse(Code::UpgradeRequired, None),
    );
}
