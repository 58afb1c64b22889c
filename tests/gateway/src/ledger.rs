//! The books of one key: what was charged for which question, and, for tests, what was asked.

use crate::trace::Trace;
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// What one question has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// How often it was charged: once, or there is a defect.
    pub times: u32,
    /// Tokens in all.
    pub tokens: u64,
}

/// The books.
#[derive(Debug, Default)]
pub struct Ledger {
    charges: Mutex<BTreeMap<String, Charge>>,
    requests: Mutex<Vec<Arc<Trace>>>,
}

impl Ledger {
    /// Charges a question, known by its idempotency key or else its request's id.
    pub fn charge(&self, question: &str, tokens: u64) {
        let mut charges = self.charges.lock();
        let charge = charges.entry(question.to_owned()).or_default();
        charge.times += 1;
        charge.tokens += tokens;
    }

    /// Remembers a request. Only tests ask for it: the list grows for ever.
    pub fn remember(&self, trace: Arc<Trace>) {
        self.requests.lock().push(trace);
    }

    /// `{requests, charges}`, oldest first.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let requests: Vec<Value> = self.requests.lock().iter().map(|trace| request(trace)).collect();
        json!({ "requests": requests, "charges": *self.charges.lock() })
    }
}

fn request(trace: &Trace) -> Value {
    let outcome = trace.outcome();
    json!({
        "method": trace.method,
        "path": trace.path,
        "status": outcome.status,
        "code": outcome.code,
        "fault": outcome.fault,
        "request_id": trace.request_id,
        "idempotency_key": trace.idempotency_key,
        "session": trace.session,
        "origin": trace.origin,
        "embed_origin": trace.embed_origin,
        "authorization_present": trace.key.is_some(),
        "body": outcome.body,
    })
}
