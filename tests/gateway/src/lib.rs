//! The contract's server: what InferKit's widget asks, answered as `CONTRACT.md` §4 says.
//!
//! The browser tests and `cargo xtask serve` talk to it, and whoever builds the real API may read it as a reference:
//! the order of the checks, the codes and who gets to see what are the product's; that everything is kept in memory is
//! not.
//!
//! # The way of a request
//!
//! ```text
//!  connection ─▶ trace ─▶ cors ─▶ (controls, faults) ─▶ caller ─▶ config
//!                  │                   tests only          │        sessions ─▶ siteverify
//!                  ▼                                       │        completions ─▶ question
//!              log, X-Request-Id,                        keys                ─▶ idempotency ─▶ answers
//!              {"error":{…}}  ◀── failure ───────────────limits                                 engine | upstream
//! ```
//!
//! - [`trace`] numbers every request, writes its one line into the [`log`], and gives a failure its body.
//! - [`cors`] opens every answer to every page, refusals included.
//! - [`caller`] makes a key of `Authorization`, or refuses: unknown, revoked, suspended, expired, from the wrong origin
//!   or address. [`keys`] says what a key is; [`limits`] how much and how often.
//! - [`config`], [`sessions`] and [`completions`] are the three endpoints. [`siteverify`] asks whether a challenge was
//!   solved, [`question`] reads what is asked, and [`idempotency`] lets a repeated question join or replay the first.
//! - [`answers`] is where words come from. [`ledger`] is what they cost.
//! - [`controls`] and [`faults`] are for tests, and not there without `--test-controls`.
//! - [`failure`] is one failure, and decides who reads which half of it. [`clock`] is the one clock.
//!
//! Every code and its status come from the widget's own catalog, [`inferkit_widget::error::Code`].

pub mod answers;
pub mod body;
pub mod caller;
pub mod clock;
pub mod completions;
pub mod config;
pub mod connection;
pub mod controls;
pub mod cors;
pub mod failure;
pub mod faults;
pub mod idempotency;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod log;
pub mod question;
pub mod sessions;
pub mod siteverify;
pub mod trace;

use crate::{
    answers::Answers,
    clock::Clock,
    failure::Failure,
    keys::Keys,
    log::Log,
    sessions::Marks,
    siteverify::{Double, Siteverify},
};
use axum::{
    Json, Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use inferkit_widget::error::Code;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What whoever starts the server decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// Lets anybody make keys, faults and errors, and read the books.
    pub test_controls: bool,
    /// Where challenges may be shown.
    pub hostnames: Vec<String>,
    /// How long an answer goes on being made when nobody listens.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            test_controls: false,
            hostnames: vec!["127.0.0.1".into(), "localhost".into()],
            grace: Duration::from_secs(30),
        }
    }
}

/// Everything that a request may need.
pub struct Gateway {
    /// All keys.
    pub keys: Keys,
    /// Who answers.
    pub answers: Arc<dyn Answers>,
    /// Who knows whether a challenge was solved.
    pub siteverify: Arc<dyn Siteverify>,
    /// Marks of challenges that became sessions.
    pub marks: Marks,
    /// Where lines go.
    pub log: Log,
    /// What time it is.
    pub clock: Clock,
    /// The rest.
    pub options: Options,
}

impl Gateway {
    /// With the demo keys, the double of Cloudflare's service, and the log on the standard output: change the fields
    /// that should be otherwise. To be called where tokio runs, for the clock is tokio's.
    #[must_use]
    pub fn new(answers: impl Answers, options: Options) -> Self {
        let clock = Clock::start();
        Self {
            keys: Keys::demo(),
            answers: Arc::new(answers),
            siteverify: Arc::new(Double::new(clock)),
            marks: Marks::default(),
            log: Log::stdout(),
            clock,
            options,
        }
    }
}

/// The server without its sockets: see [`connection`] for those.
pub fn app(gateway: Arc<Gateway>) -> Router {
    let mut routes = Router::new()
        .route("/v1/widget/config", get(config::get))
        .route("/v1/sessions", post(sessions::open))
        .route("/v1/chat/completions", post(completions::create));
    if gateway.options.test_controls {
        routes = routes.layer(from_fn_with_state(gateway.clone(), controls::layer)).merge(controls::routes());
    }
    routes
        .route("/health", get(health))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn_with_state(gateway.clone(), cors::layer))
        .layer(from_fn_with_state(gateway.clone(), trace::layer))
        .with_state(gateway)
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn not_found() -> Failure {
    Failure::new(Code::NotFound, "There is nothing at this address, or not by this method.")
}
