//! The catalog against the two texts that it must not drift from: the product's error reference (24 rows, a copy of
//! its table lies beside this file) and the contract's table of families and retries, written down here a second
//! time.

use inferkit_widget::error::{
    ByItself::{self, Again, Challenge, FetchAgain, NewSession, Nothing, RestartEngine},
    Code,
    Family::{self, Busy, CutOff, Device, Download, Message, Offline, Ours, Plan, Session, Setup, TooLong, Verify},
    Offer::{self, Ask, Wait},
};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct ReferenceRow {
    status: u16,
    code: String,
    cause: String,
    action: Option<String>,
}

#[test]
fn the_servers_codes_are_the_references_rows() {
    let reference: Vec<ReferenceRow> = serde_json::from_str(include_str!("catalog.json")).expect("the table");
    assert_eq!(reference.len(), 24);
    let ours: Vec<ReferenceRow> = Code::ALL
        .into_iter()
        .filter_map(|code| {
            let documentation = code.documentation();
            Some(ReferenceRow {
                status: code.status()?,
                code: code.as_str().to_owned(),
                cause: documentation.cause.to_owned(),
                action: documentation.action.map(str::to_owned),
            })
        })
        .collect();
    assert_eq!(ours, reference);
}

const TWICE: ByItself = Again { times: 2 };
const NEVER: Offer = Offer::Nothing;

/// Contract §2, row by row.
const CONTRACT: &[(&[&str], Option<Family>, ByItself, Offer)] = &[
    (&["bad_request"], Some(Message), Nothing, Ask),
    (&["invalid_api_key"], Some(Setup), Nothing, NEVER),
    (&["invalid_token"], Some(Session), NewSession, Ask),
    (&["invalid_credentials"], Some(Session), Nothing, NEVER),
    (&["bot_challenge_required"], Some(Verify), Challenge, Ask),
    (&["upgrade_required", "quota_exceeded"], Some(Plan), Nothing, NEVER),
    (
        &[
            "forbidden",
            "email_not_verified",
            "key_revoked",
            "key_suspended",
            "key_expired",
            "origin_not_allowed",
            "ip_not_allowed",
            "direct_origin_blocked",
        ],
        Some(Setup),
        Nothing,
        NEVER,
    ),
    (&["challenge_failed"], Some(Verify), Challenge, Ask),
    (&["not_found"], Some(Setup), Nothing, NEVER),
    (&["email_in_use"], Some(Session), Nothing, NEVER),
    (&["rate_limited"], Some(Busy), TWICE, Wait),
    (&["bot_protection_unconfigured", "billing_unconfigured", "email_unconfigured"], Some(Setup), Nothing, NEVER),
    (&["provider_unavailable"], Some(Ours), TWICE, Ask),
    (&["internal_error"], Some(Ours), Again { times: 1 }, Ask),
    (&["webgpu_unavailable", "gpu_out_of_memory", "out_of_memory"], Some(Device), Nothing, NEVER),
    // The contract's family «message», with its own sentence: it says to shorten the question.
    (&["question_too_long"], Some(TooLong), Nothing, Ask),
    (&["answer_empty"], Some(Ours), Nothing, Ask),
    (&["gpu_lost"], Some(Device), RestartEngine, Ask),
    (&["engine_failed"], Some(Ours), RestartEngine, Ask),
    (&["model_download_failed"], Some(Download), TWICE, Ask),
    (&["model_integrity"], Some(Download), FetchAgain, Ask),
    (&["model_unsupported", "config_invalid"], Some(Setup), Nothing, NEVER),
    (&["storage_full"], None, Nothing, NEVER),
    (&["network_error", "timeout"], Some(Offline), TWICE, Ask),
    (&["stream_interrupted", "stream_stalled", "invalid_response"], Some(CutOff), TWICE, Ask),
    (&["challenge_unavailable", "challenge_timeout"], Some(Verify), Nothing, Ask),
    (&["internal_client_error"], Some(Ours), Nothing, Ask),
];

#[test]
fn families_and_retries_are_the_contracts() {
    let mut seen = BTreeSet::new();
    for (codes, family, by_itself, then) in CONTRACT {
        for text in *codes {
            let code: Code = text.parse().unwrap_or_else(|_| panic!("{text} is missing"));
            assert_eq!(code.family(), *family, "{text}");
            assert_eq!((code.retry().by_itself, code.retry().then), (*by_itself, *then), "{text}");
            assert!(seen.insert(*text), "{text} twice");
        }
    }
    let ours: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(ours, seen, "the catalog and the contract have the same codes");
    assert_eq!(ours.len(), Code::ALL.len(), "no code twice");
}

#[test]
fn an_answer_without_a_code_takes_its_statuss_row() {
    let check = |status: u16, code: &str| assert_eq!(Code::from_status(status).as_str(), code, "{status}");
    check(200, "invalid_response");
    check(204, "invalid_response");
    check(301, "invalid_response");
    check(0, "invalid_response");
    check(400, "bad_request");
    check(401, "invalid_api_key");
    check(402, "upgrade_required");
    check(403, "forbidden");
    check(404, "not_found");
    check(405, "bad_request");
    check(408, "timeout");
    check(413, "bad_request");
    check(422, "bad_request");
    check(429, "rate_limited");
    check(499, "bad_request");
    check(500, "internal_error");
    check(501, "internal_error");
    check(502, "provider_unavailable");
    check(503, "provider_unavailable");
    check(504, "provider_unavailable");
    check(520, "internal_error");
    check(599, "internal_error");
    check(600, "invalid_response");
    check(u16::MAX, "invalid_response");
}

#[test]
fn codes_travel_as_their_own_text() {
    for code in Code::ALL {
        let json = serde_json::to_string(&code).expect("a string");
        assert_eq!(json, format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<Code>(&json).ok(), Some(code));
        assert!(code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
    }
    for wrong in ["\"GpuLost\"", "\"gpu_lost \"", "\"\"", "7", "null", "{}"] {
        assert!(serde_json::from_str::<Code>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_code_is_documented_in_whole_sentences() {
    for code in Code::ALL {
        let paragraph = code.documentation().paragraph();
        assert!(paragraph.len() > 40 && paragraph.ends_with('.'), "{code}: {paragraph}");
        assert!(!paragraph.contains("  "), "{code}: {paragraph}");
    }
}
