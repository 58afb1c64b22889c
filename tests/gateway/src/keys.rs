//! Keys: what each may do, and everything that is remembered of its use.
//!
//! A real API keeps the settings in its database and the rest in whatever its machines share. Here all of it is memory.

use crate::{
    idempotency::Runs,
    ledger::Ledger,
    limits::{Quota, Rate},
    sessions::Sessions,
};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// Whether a key still works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It does.
    #[default]
    Active,
    /// Its owner, or a leak, ended it for good.
    Revoked,
    /// Its use looked like abuse.
    Suspended,
    /// It was rotated, and its time of grace is over.
    Expired,
}

/// The plan that pays for a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Answers are made on the visitors' devices only.
    #[default]
    Free,
    /// The server answers where a device can't.
    Pro,
}

/// What a key's owner has set up in the dashboard.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether it works.
    pub state: State,
    /// Its plan.
    pub tier: Tier,
    /// Whether the owner wants answers from the server.
    pub remote_enabled: bool,
    /// Turnstile's public half. With one, every answer needs a session.
    pub site_key: Option<String>,
    /// Turnstile's secret half. Without it no challenge can be verified.
    pub secret: Option<String>,
    /// A page of the owner's that shows the challenge, in place of ours.
    pub challenge_url: Option<String>,
    /// Origins of the pages that may use a publishable key, such as `https://shop.example`; none means any.
    pub origins: Vec<String>,
    /// Addresses that may use a secret key; none means any.
    pub ips: Vec<IpAddr>,
    /// Tokens per month.
    pub quota_tokens: Option<u64>,
    /// Requests per minute, counted apart for sessions and completions.
    pub per_minute: Option<u32>,
    /// Life of a session.
    pub session_seconds: u64,
    /// Models for the visitors' devices, passed on as they are.
    pub models: Vec<Value>,
    /// The widget's looks, passed on as they are.
    pub theme: Value,
    /// The widget's words, passed on as they are.
    pub strings: Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            state: State::Active,
            tier: Tier::Free,
            remote_enabled: true,
            site_key: None,
            secret: None,
            challenge_url: None,
            origins: Vec::new(),
            ips: Vec::new(),
            quota_tokens: None,
            per_minute: None,
            session_seconds: 1800,
            models: Vec::new(),
            theme: json!({}),
            strings: json!({}),
        }
    }
}

/// One key.
#[derive(Debug, Default)]
pub struct Key {
    /// Whole. Never to be logged: see [`masked`](crate::log::masked).
    pub name: String,
    settings: RwLock<Arc<Settings>>,
    /// Visitors who have solved a challenge.
    pub sessions: Sessions,
    /// Questions that may be asked again.
    pub runs: Runs,
    /// Tokens of this month.
    pub quota: Quota,
    /// Requests of this minute for sessions.
    pub session_rate: Rate,
    /// Requests of this minute for completions.
    pub completion_rate: Rate,
    /// What was charged, and in tests what was asked.
    pub ledger: Ledger,
    /// What a test wants to go wrong.
    pub faults: crate::faults::Faults,
}

impl Key {
    /// Whether it belongs on servers and not on pages.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.name.starts_with("ik_sec_")
    }

    /// Its settings as of now.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.read().clone()
    }

    /// Ends it for good.
    pub fn revoke(&self) {
        let mut settings = self.settings.write();
        *settings = Arc::new(Settings { state: State::Revoked, ..Settings::clone(&settings) });
    }
}

/// All keys.
#[derive(Debug, Default)]
pub struct Keys(RwLock<HashMap<String, Arc<Key>>>);

impl Keys {
    /// Keys for trying out, one for each thing that a key can be.
    #[must_use]
    pub fn demo() -> Self {
        let pro = || Settings { tier: Tier::Pro, ..Settings::default() };
        let keys = Self::default();
        keys.put("ik_pub_demo_free", Settings::default());
        keys.put("ik_pub_demo_pro", pro());
        keys.put("ik_pub_demo_switched_off", Settings { remote_enabled: false, ..pro() });
        // Cloudflare's own pair for tests: always passes, invisibly.
        let (site_key, secret) = ("1x00000000000000000000BB", "1x0000000000000000000000000000000AA");
        let guarded = Settings { site_key: Some(site_key.into()), secret: Some(secret.into()), ..pro() };
        keys.put("ik_pub_demo_guarded", guarded);
        keys.put("ik_pub_demo_spent", Settings { quota_tokens: Some(0), ..pro() });
        keys.put("ik_pub_demo_slow", Settings { per_minute: Some(2), ..pro() });
        keys.put("ik_pub_demo_elsewhere", Settings { origins: vec!["https://shop.example".into()], ..pro() });
        for (name, state) in [("revoked", State::Revoked), ("suspended", State::Suspended), ("expired", State::Expired)]
        {
            keys.put(&format!("ik_pub_demo_{name}"), Settings { state, ..pro() });
        }
        keys.put("ik_sec_demo_server", pro());
        keys
    }

    /// Adds those of a file: an object of settings by key.
    ///
    /// # Errors
    /// A sentence; it holds no key.
    pub fn read(&self, text: &str) -> Result<(), String> {
        let all: HashMap<String, Settings> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !all.keys().all(|name| name.starts_with("ik_pub_") || name.starts_with("ik_sec_")) {
            return Err("a key begins with neither `ik_pub_` nor `ik_sec_`".into());
        }
        all.into_iter().for_each(|(name, settings)| self.put(&name, settings));
        Ok(())
    }

    /// Creates a key, or replaces its settings; what is remembered of its use stays.
    pub fn put(&self, name: &str, settings: Settings) {
        let mut keys = self.0.write();
        let key = keys.entry(name.to_owned()).or_insert_with(|| Arc::new(Key { name: name.into(), ..Key::default() }));
        *key.settings.write() = Arc::new(settings);
    }

    /// Finds one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Key>> {
        self.0.read().get(name).cloned()
    }
}
