//! Every phase against every event, written out; the deadlines; and what holds whatever happens, in any order.

use super::*;
use proptest::prelude::*;

const PHASES: [&str; 6] = ["idle", "loading", "rendered", "executing", "interactive", "solved"];

/// A challenge in a phase, entered at 1,000 with the ask; nothing left to do, but for the token.
fn at(phase: &str) -> Challenge {
    let mut challenge = Challenge::default();
    if phase == "idle" {
        return challenge;
    }
    challenge.tell(Input::Ask, 1_000);
    assert_eq!(commands(&mut challenge, 1_000), [Command::Execute { epoch: 1 }]);
    let steps: &[Callback] = match phase {
        "loading" => &[],
        "rendered" => &[Callback::Rendered],
        "executing" => &[Callback::Rendered, Callback::Executing],
        "interactive" => &[Callback::Rendered, Callback::Executing, Callback::Interactive],
        _ => &[Callback::Rendered, Callback::Executing, Callback::Solved { token: "t".into(), age: 0 }],
    };
    for said in steps {
        challenge.tell(Input::Callback { epoch: 1, said: said.clone() }, 1_000);
        if phase != "solved" {
            commands(&mut challenge, 1_000);
        }
    }
    challenge
}

fn commands(challenge: &mut Challenge, now: u64) -> Vec<Command> {
    std::iter::from_fn(|| challenge.next(now)).collect()
}

fn name(challenge: &Challenge) -> &'static str {
    match challenge.phase {
        Solve::Idle => "idle",
        Solve::Loading => "loading",
        Solve::Rendered => "rendered",
        Solve::Executing => "executing",
        Solve::Interactive => "interactive",
        Solve::Solved { .. } => "solved",
    }
}

/// Commands in short: `execute`, `discard`, `show`, `hide`, `token`, or the code of a failure.
fn short(commands: &[Command]) -> String {
    let words = commands.iter().map(|command| match command {
        Command::Execute { .. } => "execute",
        Command::Discard => "discard",
        Command::Tell(Outcome::Interactive) => "show",
        Command::Tell(Outcome::Quiet) => "hide",
        Command::Tell(Outcome::Solved(_)) => "token",
        Command::Tell(Outcome::Failed { code, .. }) => code.as_str(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn said(said: Callback) -> Input {
    Input::Callback { epoch: 1, said }
}

fn solved() -> Callback {
    Callback::Solved { token: "t".into(), age: 0 }
}

/// One row for each event, one column for each phase: where it leads to, and what is to be done on the way.
#[test]
fn every_phase_against_every_event() {
    const UNAVAILABLE: &str = "idle: discard challenge_unavailable";
    const FAILED: &str = "idle: discard challenge_failed";
    const TIMEOUT: &str = "idle: discard challenge_timeout";
    const STAYS: [&str; 6] = ["idle:", "loading:", "rendered:", "executing:", "interactive:", "solved: token"];
    // A failure in every phase that waits; with something shown, it is hidden first.
    let fails = |plain: &'static str, shown: &'static str| ["idle:", plain, plain, plain, shown, "solved: token"];
    let unavailable = fails(UNAVAILABLE, "idle: discard hide challenge_unavailable");
    let failed = fails(FAILED, "idle: discard hide challenge_failed");
    let timeout = fails(TIMEOUT, "idle: discard hide challenge_timeout");
    let aborted = ["idle:", "idle: discard", "idle: discard", "idle: discard", "idle: discard", "idle: discard"];
    let show = "interactive: show";
    let token = "solved: token";

    let mut asked = STAYS;
    asked[0] = "loading: execute";
    let executing = ["idle:", "executing:", "executing:", "executing:", "interactive:", token];
    let rows = [
        (Input::Ask, asked),
        (Input::Abort, aborted),
        (Input::Lost("gone".into()), unavailable),
        (said(Callback::Rendered), ["idle:", "rendered:", "rendered:", "executing:", "interactive:", token]),
        (said(Callback::Executing), executing),
        (said(Callback::Interactive), ["idle:", show, show, show, "interactive:", token]),
        (said(Callback::Quiet), ["idle:", "loading:", "rendered:", "executing:", "executing: hide", token]),
        (said(solved()), ["idle:", token, token, token, "solved: hide token", token]),
        (said(Callback::Error("300030".into())), failed),
        (said(Callback::Error("110200".into())), unavailable),
        (said(Callback::Error("110620".into())), timeout),
        (said(Callback::Expired), timeout),
        (said(Callback::TimedOut), timeout),
        (said(Callback::Unsupported), unavailable),
        (said(Callback::Absent("blocked".into())), unavailable),
        (said(Callback::Threw { code: "3589".into(), words: "bad".into() }), unavailable),
        (Input::Deadline, STAYS),
        // Another solve's: too early, too late.
        (Input::Callback { epoch: 0, said: solved() }, STAYS),
        (Input::Callback { epoch: 2, said: Callback::Error("600010".into()) }, STAYS),
    ];
    for (event, expected) in rows {
        for (phase, expected) in PHASES.into_iter().zip(expected) {
            let mut challenge = at(phase);
            challenge.tell(event.clone(), 1_001);
            let to = name(&challenge);
            let done = short(&commands(&mut challenge, 1_001));
            let came = format!("{to}: {done}");
            assert_eq!(came.trim_end(), expected, "{phase}, {event:?}");
        }
    }
}

#[test]
fn every_wait_has_its_end() {
    let rows = [
        ("loading", LOADING_MS, "discard challenge_unavailable"),
        ("rendered", SILENT_MS, "discard challenge_timeout"),
        ("executing", SILENT_MS, "discard challenge_timeout"),
        ("interactive", INTERACTIVE_MS, "discard hide challenge_timeout"),
    ];
    for (phase, patience, end) in rows {
        let mut challenge = at(phase);
        assert_eq!(challenge.deadline(), Some(1_000 + patience), "{phase}");
        challenge.tell(Input::Deadline, 1_000 + patience - 1);
        assert_eq!(short(&commands(&mut challenge, 0)), "", "{phase}");
        challenge.tell(Input::Deadline, 1_000 + patience);
        assert_eq!(short(&commands(&mut challenge, 0)), end, "{phase}");
        assert_eq!(challenge.deadline(), None, "{phase}");
    }
    assert_eq!(at("idle").deadline(), None);
    assert_eq!(at("solved").deadline(), None);
}

#[test]
fn a_click_that_is_needed_moves_the_deadline_and_no_other_word_does() {
    let mut challenge = at("executing");
    challenge.tell(said(Callback::Executing), 20_000);
    challenge.tell(said(Callback::Rendered), 20_000);
    challenge.tell(said(Callback::Quiet), 20_000);
    assert_eq!(challenge.deadline(), Some(1_000 + SILENT_MS));
    challenge.tell(said(Callback::Interactive), 20_000);
    assert_eq!(challenge.deadline(), Some(20_000 + INTERACTIVE_MS));
    challenge.tell(said(Callback::Interactive), 50_000);
    assert_eq!(challenge.deadline(), Some(20_000 + INTERACTIVE_MS));
    challenge.tell(said(Callback::Quiet), 60_000);
    assert_eq!(challenge.deadline(), Some(60_000 + SILENT_MS));
    // A script that goes back and forth gets no more than all of it together.
    challenge.tell(said(Callback::Interactive), 89_000);
    assert_eq!(challenge.deadline(), Some(1_000 + WHOLE_MS));
}

#[test]
fn a_token_is_handed_out_in_time_or_not_at_all() {
    for (waited, end) in [(0, "token"), (TOKEN_MS - 1, "token"), (TOKEN_MS, "challenge_timeout")] {
        let mut challenge = at("solved");
        assert_eq!(short(&commands(&mut challenge, 1_000 + waited)), end);
        assert_eq!(challenge.next(1_000 + waited), None, "once");

        // The same when it was the message that took so long.
        let mut challenge = at("executing");
        challenge.tell(said(Callback::Solved { token: "t".into(), age: waited }), 900_000);
        assert_eq!(short(&commands(&mut challenge, 900_000)), end);
    }
}

#[test]
fn whoever_asks_in_between_shares_the_solve_and_whoever_asks_later_gets_a_new_one() {
    let mut challenge = at("executing");
    challenge.tell(Input::Ask, 2_000);
    challenge.tell(said(Callback::Solved { token: "first".into(), age: 0 }), 3_000);
    challenge.tell(Input::Ask, 3_000);
    assert_eq!(commands(&mut challenge, 3_000), [Command::Tell(Outcome::Solved("first".into()))]);

    challenge.tell(Input::Ask, 4_000);
    assert_eq!(commands(&mut challenge, 4_000), [Command::Execute { epoch: 2 }]);
    // The script replaced itself and solved the first once more.
    challenge.tell(said(Callback::Solved { token: "unsolicited".into(), age: 0 }), 4_001);
    assert_eq!(commands(&mut challenge, 4_001), []);
    challenge.tell(Input::Callback { epoch: 2, said: Callback::Solved { token: "second".into(), age: 0 } }, 4_002);
    assert_eq!(commands(&mut challenge, 4_002), [Command::Tell(Outcome::Solved("second".into()))]);
}

#[test]
fn an_abort_takes_back_what_was_still_to_come() {
    let mut challenge = at("interactive");
    challenge.tell(said(Callback::Error("300010".into())), 2_000);
    assert_eq!(challenge.next(2_000), Some(Command::Discard));
    challenge.tell(Input::Abort, 2_000);
    assert_eq!(short(&commands(&mut challenge, 2_000)), "discard");

    let mut challenge = at("solved");
    challenge.tell(Input::Abort, 2_000);
    challenge.tell(Input::Ask, 2_000);
    assert_eq!(short(&commands(&mut challenge, 2_000)), "discard execute", "in this order");
}

#[test]
fn the_developer_reads_turnstiles_code_and_what_to_do() {
    let check = |event: Callback, expected_code: Code, words: &str| {
        let mut challenge = at("executing");
        challenge.tell(said(event), 2_000);
        let Some(Command::Tell(Outcome::Failed { code, message })) = commands(&mut challenge, 2_000).pop() else {
            panic!("no failure");
        };
        assert_eq!(code, expected_code, "{message}");
        assert!(message.contains(words), "{message}");
    };
    let error = |code: &str| Callback::Error(code.into());
    use Code::{ChallengeFailed as Failed, ChallengeTimeout as Timeout, ChallengeUnavailable as Unavailable};
    check(error("110200"), Unavailable, "110200: the challenge page's hostname is not allowed");
    for bad_key in ["110100", "110110", "400020"] {
        check(error(bad_key), Unavailable, "site key");
    }
    check(error("110420"), Unavailable, "action");
    check(error("110430"), Unavailable, "cData");
    check(error("110510"), Unavailable, "extension");
    check(Callback::Unsupported, Unavailable, "110500: the browser is not supported");
    for late in ["110600", "110601", "110620", "110625"] {
        check(error(late), Timeout, "in time");
    }
    check(error("200010"), Unavailable, "cache");
    check(error("200100"), Unavailable, "clock");
    check(error("200500"), Unavailable, "frame-src");
    for bot in ["300010", "300030", "300031", "600010"] {
        check(error(bot), Failed, bot);
    }
    for other in ["100010", "102010", "105999", "", "no number at all"] {
        check(error(other), Unavailable, "Turnstile error");
    }
    check(Callback::Threw { code: "3589".into(), words: "x".into() }, Unavailable, "3589: the site key");
    check(Callback::Threw { code: "43777".into(), words: "no script tag".into() }, Unavailable, "43777: no script tag");
    check(Callback::Threw { code: String::new(), words: "not a function".into() }, Unavailable, "not a function");
    check(Callback::Absent("it was blocked".into()), Unavailable, "it was blocked");
}

fn any_said() -> impl Strategy<Value = Callback> {
    let age = prop_oneof![Just(0), 0..2 * TOKEN_MS, any::<u64>()];
    prop_oneof![
        Just(Callback::Rendered),
        Just(Callback::Executing),
        Just(Callback::Interactive),
        Just(Callback::Quiet),
        // Each sequence numbers its tokens, so that they can be told apart.
        age.prop_map(|age| Callback::Solved { token: String::new(), age }),
        ".{0,12}".prop_map(Callback::Error),
        Just(Callback::Expired),
        Just(Callback::TimedOut),
        Just(Callback::Unsupported),
        ".{0,12}".prop_map(Callback::Absent),
        (".{0,6}", ".{0,12}").prop_map(|(code, words)| Callback::Threw { code, words }),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    /// How far the epoch is from the one in flight.
    Callback(i8, Callback),
    Ask,
    Lost,
    Deadline,
    Abort,
}

fn any_step() -> impl Strategy<Value = (Step, u64, bool)> {
    let step = prop_oneof![
        8 => (prop_oneof![4 => Just(0), 1 => -2..=2i8], any_said()).prop_map(|(off, said)| Step::Callback(off, said)),
        3 => Just(Step::Ask),
        1 => Just(Step::Lost),
        3 => Just(Step::Deadline),
        1 => Just(Step::Abort),
    ];
    // How much later, and whether the commands are fetched afterwards.
    (step, prop_oneof![0..100u64, 0..300_000u64], prop::bool::weighted(0.8))
}

proptest! {
    #[test]
    fn it_settles_and_never_says_too_much(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut challenge = Challenge::default();
        let (mut now, mut number, mut epoch) = (0_u64, 0, 0_u32);
        // Tokens of the solve in flight that may be handed out, and when they were solved.
        let mut good = Vec::new();
        let (mut given, mut wanted, mut shown, mut since) = (Vec::new(), false, false, 0);
        // At the end nothing more comes but the time.
        let rest = (0..3).map(|_| (Step::Deadline, WHOLE_MS, true));
        for (step, later, fetch) in steps.into_iter().chain(rest) {
            now += later;
            let event = match step {
                Step::Callback(off, mut said) => {
                    if let Callback::Solved { token, age } = &mut said {
                        number += 1;
                        *token = number.to_string();
                        if off == 0 && wanted {
                            good.push((token.clone(), now.saturating_sub(*age)));
                        }
                    }
                    Input::Callback { epoch: challenge.epoch.wrapping_add_signed(off.into()), said }
                }
                Step::Ask => {
                    if !wanted {
                        (wanted, since) = (true, now);
                        good.clear();
                    }
                    Input::Ask
                }
                Step::Lost => Input::Lost(String::new()),
                Step::Deadline => Input::Deadline,
                Step::Abort => {
                    (wanted, shown) = (false, false);
                    good.clear();
                    Input::Abort
                }
            };
            challenge.tell(event, now);
            prop_assert!(challenge.deadline().is_none_or(|deadline| deadline <= since + WHOLE_MS));
            while let Some(command) = if fetch { challenge.next(now) } else { None } {
                let Command::Tell(outcome) = command else {
                    if let Command::Execute { epoch: new } = command {
                        prop_assert!(new != epoch, "an epoch of its own");
                        epoch = new;
                    }
                    continue;
                };
                prop_assert!(wanted, "{outcome:?} though nobody waits");
                match outcome {
                    Outcome::Interactive | Outcome::Quiet => {
                        prop_assert_ne!(shown, outcome == Outcome::Interactive);
                        shown = !shown;
                    }
                    Outcome::Solved(token) => {
                        prop_assert!(!shown, "it is hidden first");
                        let at = good.iter().find(|(one, _)| *one == token).map(|(_, at)| *at);
                        prop_assert!(at.is_some_and(|at| now - at < TOKEN_MS), "a stranger, or stale: {token}");
                        prop_assert!(!given.contains(&token), "twice");
                        given.push(token);
                        wanted = false;
                    }
                    Outcome::Failed { code, message } => {
                        prop_assert!(!shown);
                        prop_assert!(!message.is_empty());
                        let known = [Code::ChallengeUnavailable, Code::ChallengeTimeout, Code::ChallengeFailed];
                        prop_assert!(known.contains(&code));
                        wanted = false;
                    }
                }
            }
        }
        prop_assert!(!wanted, "somebody waits for ever");
        prop_assert_eq!(challenge.deadline(), None);
        prop_assert_eq!(challenge.next(now), None);
    }
}
