//! A schedule: everything that fate has in store for one conversation, drawn before it begins.

use super::{answers::Telling, challenge::Solve, fate::Fate};
use inferkit_widget::{error::Code, gate::Mode};
use serde_json::{Value, json};

/// When the gateway's clock begins: Sun, 06 Nov 1994 08:49:37 GMT.
pub const BEGAN: u64 = 784_111_777;

/// What happens to one conversation, in the order of its happening.
#[derive(Debug)]
pub struct Schedule {
    /// What the site has configured.
    pub mode: Mode,
    /// The site has a model: the device is asked first, and has no GPU to offer, after so many milliseconds.
    pub device: Option<u64>,
    /// The visitor need not be asked before a question leaves the device.
    pub may_leave: bool,
    /// The key's settings at the gateway.
    pub key: Value,
    /// What the gateway does wrong, one request of a place after the other.
    pub faults: Vec<Value>,
    /// The connections that can't be made, counted from 0.
    pub offline: Vec<usize>,
    /// How the model behaves, one run after the other.
    pub answers: Vec<Telling>,
    /// How challenges go, one after the other.
    pub solves: Vec<Solve>,
    /// What is done, each after so many milliseconds.
    pub acts: Vec<(u64, Act)>,
}

#[derive(Clone, Debug)]
pub enum Act {
    /// The visitor asks a question that was never asked before.
    Ask,
    /// The visitor sends what stands in the composer.
    SendDraft,
    Draft(String),
    Stop,
    /// The visitor presses Try again under an entry, counted from the newest; whether there is a button or not.
    TryAgain(usize),
    Agree,
    Decline,
    Reset,
    /// The owner changes the key.
    Key(Value),
}

impl Schedule {
    pub fn draw(seed: u64) -> Self {
        let fate = &mut Fate::new(seed);
        let mode = if fate.percent(65) { Mode::Remote } else { Mode::Auto };
        let device = (mode == Mode::Auto && fate.percent(60)).then(|| fate.span(20_000));
        let guarded = fate.percent(50);
        // Sometimes a day without faults, sometimes with almost nothing else.
        let bad = fate.pick(&[10, 35, 35, 60, 85]);
        Self {
            mode,
            device,
            may_leave: fate.percent(40),
            key: a_key(fate, guarded),
            faults: some_faults(fate, bad, Code::ALL[(seed % Code::ALL.len() as u64) as usize]),
            offline: (0..100).filter(|_| fate.below(1_000) < bad).collect(),
            answers: (0..50).map(|_| Telling::draw(fate, bad)).collect(),
            solves: (0..30).map(|_| Solve::draw(fate, bad)).collect(),
            acts: some_acts(fate, guarded),
        }
    }
}

/// A key's settings. Whether a challenge guards it stays as it is: the widget asks for the configuration once.
fn a_key(fate: &mut Fate, guarded: bool) -> Value {
    let mut key = settled(guarded);
    if fate.percent(3) {
        key["tier"] = json!("free");
    }
    if fate.percent(3) {
        key["remote_enabled"] = json!(false);
    }
    if fate.percent(6) {
        key["state"] = json!(fate.pick(&["revoked", "suspended", "expired"]));
    }
    if fate.percent(15) {
        key["quota_tokens"] = json!(fate.below(60));
    }
    if fate.percent(30) {
        key["per_minute"] = json!(1 + fate.below(4));
    }
    key["session_seconds"] = json!(fate.pick(&[1, 2, 20, 60, 61, 200, 1_800]));
    key
}

/// A key with which everything goes.
pub fn settled(guarded: bool) -> Value {
    let mut key = json!({ "tier": "pro" });
    if guarded {
        key["site_key"] = json!("0x-of-the-double");
        key["secret"] = json!("double-secret");
    }
    key
}

fn some_acts(fate: &mut Fate, guarded: bool) -> Vec<(u64, Act)> {
    let mut acts = Vec::new();
    for _ in 0..8 + fate.below(40) {
        let act = match fate.below(100) {
            0..30 => Act::Ask,
            30..34 => Act::SendDraft,
            34..44 => Act::Draft(fate.pick(&["", " ", "half a thou", "half a thought", " and more\n"]).into()),
            44..54 => Act::Stop,
            54..77 => Act::TryAgain(fate.span(4) as usize),
            77..91 => Act::Agree,
            91..95 => Act::Decline,
            95..97 => Act::Reset,
            _ => Act::Key(a_key(fate, guarded)),
        };
        // In the middle of something, or when all is over.
        let most = fate.pick(&[400, 3_000, 3_000, 20_000, 90_000]);
        acts.push((fate.span(most), act));
    }
    acts
}

/// Whatever else there is, every code comes up in its turn.
fn some_faults(fate: &mut Fate, bad: u64, code: Code) -> Vec<Value> {
    let mut faults = vec![json!({ "on": "completions", "times": 1, "do": an_error(fate, code.as_str()) })];
    let places = [("config", 12), ("sessions", 20), ("completions", 60)];
    for (place, count) in places {
        for _ in 0..count {
            // What is not bad has its latency.
            let act = if fate.percent(bad) { a_fault(fate) } else { json!({ "slow_headers_ms": fate.span(4_000) }) };
            faults.push(json!({ "on": place, "times": 1, "do": act }));
        }
    }
    faults
}

fn a_fault(fate: &mut Fate) -> Value {
    let after = fate.pick(&[0, 0, 1, 1, 2, 3, 4, 6, 9]);
    match fate.below(12) {
        0..4 => {
            let code = a_code(fate);
            an_error(fate, &code)
        }
        4 => json!({ "slow_headers_ms": fate.pick(&[14_000, 16_000, 44_000, 59_000, 61_000, 90_000]) }),
        5 => json!({ "stall": { "after_events": after } }),
        6 => json!({ "cut": { "after_events": after, "in_event": fate.percent(50) } }),
        7 => json!({ "truncate": { "after_events": after } }),
        8 => json!({ "garbage": { "after_events": after } }),
        9 => json!({ "html": fate.pick(&[200, 403, 404, 500, 502, 502, 502, 503, 504]) }),
        10 if fate.percent(50) => json!({ "reset": true }),
        10 => json!({ "slow_events_ms": fate.pick(&[200, 3_000, 15_000, 45_000]) }),
        _ => json!({ "stream_error": { "code": a_code(fate), "after_events": after } }),
    }
}

fn an_error(fate: &mut Fate, code: &str) -> Value {
    let mut error = json!({
        "code": code,
        "request_id": fate.pick(&["body", "header", "both", "both", "none"]),
    });
    if code.parse::<Code>().ok().and_then(Code::status).is_none() && fate.percent(80) {
        let statuses = [400, 401, 402, 403, 404, 408, 409, 418, 429, 429, 500, 501, 502, 503, 504];
        error["status"] = json!(fate.pick(&statuses));
    }
    if fate.percent(50) {
        error["retry_after"] = a_retry_after(fate);
    }
    json!({ "error": error })
}

fn a_code(fate: &mut Fate) -> String {
    match fate.below(10) {
        0..6 => fate.pick(&["rate_limited", "provider_unavailable", "internal_error"]).into(),
        6 => fate.pick(&["bot_challenge_required", "challenge_failed", "invalid_token"]).into(),
        7 | 8 => fate.pick(&Code::ALL).to_string(),
        _ => fate.pick(&["reactor_cold", "Not A Code!", "", "x"]).into(),
    }
}

fn a_retry_after(fate: &mut Fate) -> Value {
    match fate.below(10) {
        0..4 => json!(fate.pick(&[1, 2, 3, 9, 10, 11, 30, 119, 120])),
        4 => json!(fate.pick(&[121, 300, 1_000_000_000])),
        5 => json!(fate.pick(&["0", "000", "007", "99999999999999999999999"])),
        6 => json!(fate.pick(&["soon", "-5", "1.5", "5, 10", "1e3", "2094-11-06T08:49:37Z"])),
        _ => json!(a_date(fate)),
    }
}

/// A moment around the schedule's own time, in one of HTTP's three forms; or one that is long past.
fn a_date(fate: &mut Fate) -> String {
    if fate.percent(15) {
        return "Sat, 05 Nov 1994 08:49:37 GMT".into();
    }
    let second = 8 * 3_600 + 49 * 60 + 37 + fate.below(1_200);
    let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
    match fate.below(3) {
        0 => format!("Sun, 06 Nov 1994 {time} GMT"),
        1 => format!("Sunday, 06-Nov-94 {time} GMT"),
        _ => format!("Sun Nov  6 {time} 1994"),
    }
}

/// What a Retry-After of these schedules means at a moment, in seconds since 1970: how long to wait.
pub fn meaning(header: &str, now: u64) -> Option<u64> {
    let seconds = if let Some(at) = header.find(" 1994").or(header.find("-94")).and(header.find(':')) {
        // Every date here is of one day, so the time of day says all.
        if header.contains("05 Nov") {
            return None;
        }
        let part = |from: usize| header[from..from + 2].parse::<u64>().expect("two digits");
        let midnight = BEGAN - (8 * 3_600 + 49 * 60 + 37);
        (midnight + part(at - 2) * 3_600 + part(at + 1) * 60 + part(at + 4)).saturating_sub(now)
    } else if header.bytes().all(|byte| byte.is_ascii_digit()) {
        header.parse().unwrap_or(u64::MAX)
    } else {
        0
    };
    Some(seconds).filter(|seconds| *seconds > 0)
}
