//! What the contract expects of each failure and of each refusal, out of the gateway's ledger, the faults and the
//! challenge's script. It never looks into the widget.

use super::{
    answers::Begun,
    contract::{Cause, Then, Tried},
    network::Exchange,
    plan::meaning,
};
use inferkit_widget::{answer::remote::Request, gate::Mode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// A failure as it must be told.
#[derive(Clone, Debug)]
pub struct Expected {
    pub cause: Cause,
    /// The server's id; None where the visitor's reference is one of ours.
    pub request_id: Option<String>,
    /// Retry-After, in seconds.
    pub wait: Option<u64>,
}

impl Expected {
    pub fn client(code: &str) -> Self {
        Self { cause: Cause::client(code), request_id: None, wait: None }
    }

    /// A refusal that the server need not be asked for.
    fn server(code: &str) -> Self {
        Self { cause: Cause::server(Some(code), 402), request_id: None, wait: None }
    }
}

/// What a request must have failed with. `row` is its line in the gateway's ledger, None when it did not arrive; `runs`
/// are the answers to its question, oldest first.
pub fn failure(exchange: &Exchange, row: Option<&Value>, runs: &[Begun]) -> Expected {
    let seen = exchange.seen.lock();
    let fault = row.map_or(&Value::Null, |row| &row["fault"]);
    let Some(status) = seen.status else {
        let patience = if exchange.request == Request::Completion { 60 } else { 15 };
        let late = exchange.sent.elapsed() >= Duration::from_secs(patience);
        if !late && !seen.offline {
            assert_eq!(fault["reset"], true, "a connection that ends without an answer was reset: {row:?}");
        }
        assert_eq!(row.is_none(), seen.offline, "a request arrives unless the network is down");
        return Expected::client(if late { "timeout" } else { "network_error" });
    };
    let row = row.expect("who answers was asked");
    let error = &fault["error"];
    let id = row["request_id"].as_str().map(str::to_owned);
    let request_id = id.filter(|_| error["request_id"] != "none");
    let of = |cause| Expected { cause, request_id: request_id.clone(), wait: None };
    if status != 200 {
        assert_eq!(row["status"], status);
        let wait = seen.retry_after.as_deref().and_then(|header| meaning(header, seen.date));
        let code = if fault["html"].is_null() { row["code"].as_str() } else { None };
        return Expected { wait, ..of(Cause::server(code, status)) };
    }
    // The answer began well.
    let silence = seen.content.map_or(0, |content| content.elapsed().as_secs());
    if exchange.request != Request::Completion {
        let late = silence >= 30;
        assert!(late || fault["html"] == 200 || is_spoilt(fault, 0, 1), "a good answer failed: {row}");
        return of(Cause::client(if late { "timeout" } else { "invalid_response" }));
    }
    if silence >= 120 {
        return of(Cause::client("stream_stalled"));
    }
    if fault["html"] == 200 {
        return of(Cause::client("invalid_response"));
    }
    let run = runs.last().expect("what answers was run");
    // A role, the pieces, a finish or an error. A fault after them spoils nothing.
    if is_spoilt(fault, 0, 1 + run.pieces + 1) {
        let act = fault.as_object().and_then(|fault| fault.keys().next()).expect("a fault has a name");
        return of(match act.as_str() {
            "stall" | "slow_events_ms" => Cause::client("stream_stalled"),
            "cut" | "truncate" => Cause::client("stream_interrupted"),
            "garbage" => Cause::client("invalid_response"),
            "stream_error" => Cause::in_stream(fault["stream_error"]["code"].as_str().unwrap_or_default()),
            other => panic!("no such fault: {other}"),
        });
    }
    if run.well {
        assert!(run.text.trim().is_empty(), "a good answer failed: {row} {run:?}");
        return of(Cause::client("invalid_response"));
    }
    of(Cause::in_stream(row["code"].as_str().expect("an answer that fails has a code")))
}

/// Whether a fault happens to one of the events from `first` to before `end`.
fn is_spoilt(fault: &Value, first: u64, end: usize) -> bool {
    let spoils = |name: &str| {
        let after = fault[name]["after_events"].as_u64();
        after.is_some_and(|after| (first..end as u64).contains(&after))
    };
    ["stall", "cut", "truncate", "garbage", "stream_error"].into_iter().any(spoils)
        || fault["slow_events_ms"].as_u64().is_some_and(|ms| ms > 30_000)
}

/// The question in flight.
#[derive(Clone, Debug, Default)]
pub struct Course {
    pub tried: Tried,
    /// Challenges that were begun for it.
    pub solves: u8,
    /// Not sent again before then.
    pub not_before: Option<Instant>,
    /// The visitor did not want the download for it.
    pub declined: bool,
    /// The configuration could not be had for it.
    pub without_config: Option<Expected>,
}

/// What is known of the page, from the outside.
#[derive(Debug)]
pub struct Oracle {
    pub mode: Mode,
    pub has_model: bool,
    pub may_leave: bool,
    /// The device has failed, and nobody has tried it again.
    pub broken: bool,
    /// The visitor does not want the question to leave the device.
    pub stays: bool,
    pub config: Option<Config>,
    /// The server's own 402.
    pub refused: Option<&'static str>,
    pub session: bool,
    pub demanded: bool,
    pub course: Option<Course>,
}

#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub paid: bool,
    pub enabled: bool,
    pub guarded: bool,
}

impl Oracle {
    /// What the gate refuses the question in flight with; None when it lets it pass, or asks.
    pub fn refusal(&self) -> Option<Expected> {
        let course = self.course.as_ref()?;
        let exhausted = || {
            let config = self.config.filter(|config| config.guarded && !self.session && course.solves >= 2);
            config.map(|_| Expected::client("challenge_failed"))
        };
        // Why the device can't, in a mode that asks it first.
        let device = match self.mode {
            Mode::Remote => None,
            _ if !self.has_model => Some("config_invalid"),
            _ if self.broken => Some("webgpu_unavailable"),
            // It could: where the server may not, there is a download to ask for.
            _ => return exhausted(),
        };
        if let Some(code) = self.refused {
            // With the reference of the request that was refused, where that was just now.
            let just_now = course.without_config.clone().filter(|failed| failed.cause.refuses() && !self.broken);
            return Some(just_now.unwrap_or_else(|| Expected::server(code)));
        }
        let beside = |code| Some(Expected::client(device.unwrap_or(code)));
        let Some(config) = self.config else {
            // The server is asked for it before anything else.
            let failed = course.without_config.clone()?;
            return if self.broken { beside("network_error") } else { Some(failed) };
        };
        if !config.paid {
            return Some(Expected::server("upgrade_required"));
        }
        if !config.enabled {
            return beside("config_invalid");
        }
        if self.demanded && !self.session && !config.guarded {
            return Some(Expected::client("challenge_unavailable"));
        }
        if device.is_some() && !self.may_leave && self.stays {
            return beside("config_invalid");
        }
        exhausted()
    }

    /// A session or an answer could not be had: what follows.
    pub fn failed(&mut self, expected: &Expected, visible: bool) -> Then {
        if expected.cause.refuses() {
            self.refused = Some(expected.cause.row);
        }
        match expected.cause.row {
            "bot_challenge_required" | "challenge_failed" => (self.session, self.demanded) = (false, true),
            "invalid_token" => self.session = false,
            _ => {}
        }
        let Some(course) = &mut self.course else { return Then::Report };
        let then = course.tried.then(expected.cause.class, visible, expected.wait);
        // A challenge that the server asks for can be solved at once.
        course.not_before = if then == Then::Renew { None } else { wait_until(expected) };
        // Nobody knows what to solve, and the device is not to be tried.
        let unguarded = self.config.is_some_and(|config| !config.guarded) && self.demanded && !self.session;
        let dead_end = unguarded && course.declined && !self.broken && then == Then::Renew;
        // What can't be asked once more is told as it is.
        if dead_end || self.refusal().is_some() { Then::Report } else { then }
    }

    /// The configuration, which the question in flight waits for, could not be had. None: the gate says what follows.
    pub fn config_failed(&mut self, expected: &Expected) -> Option<Then> {
        if expected.cause.refuses() {
            self.refused = Some(expected.cause.row);
        }
        let course = self.course.as_mut()?;
        course.not_before = wait_until(expected);
        match course.tried.then(expected.cause.class, false, expected.wait) {
            again @ Then::Again { .. } => Some(again),
            // No challenge helps here.
            Then::Renew | Then::Report => {
                course.without_config = Some(expected.clone());
                None
            }
        }
    }
}

fn wait_until(expected: &Expected) -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(expected.wait?.min(100_000_000)))
}
