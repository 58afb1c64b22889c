//! Who asks: from `Authorization` to a key that may be used from where it is used.

use crate::{
    Gateway,
    connection::Peer,
    failure::Failure,
    keys::{Key, Settings, State, Tier},
    trace::Trace,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use inferkit_widget::error::Code;
use std::{net::IpAddr, sync::Arc};

/// A handler that takes one is only called for a key that works.
#[derive(Debug)]
pub struct Caller {
    /// The key.
    pub key: Arc<Key>,
    /// Its settings when the request came: they do not change under a handler's hands.
    pub settings: Arc<Settings>,
    /// The request.
    pub trace: Arc<Trace>,
    /// The address it came from; none over a connection in memory.
    pub ip: Option<IpAddr>,
}

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Failure> {
        let trace = parts.extensions.get::<Arc<Trace>>().cloned();
        let trace = trace.ok_or_else(|| Failure::new(Code::InternalError, "the request has no trace"))?;
        let ip = parts.extensions.get::<Peer>().map(|peer| peer.0);
        let refused = |message| Failure::new(Code::InvalidApiKey, message);
        let name =
            trace.key.as_deref().ok_or_else(|| refused("An API key is missing: `Authorization: Bearer ik_pub_…`."))?;
        let key = gateway.keys.get(name).ok_or_else(|| refused("The API key is unknown."))?;
        // A browser sends the header, a server does not: this key stands on a page, for everybody to read.
        if key.is_secret() && trace.origin.is_some() && key.settings().state != State::Revoked {
            key.revoke();
            trace.note(|outcome| outcome.detail = Some("a secret key came with an Origin: revoked".into()));
        }
        let settings = key.settings();
        works(settings.state)?;
        match key.is_secret() {
            true => ip_is_allowed(ip, &settings.ips)?,
            false => origin_is_allowed(trace.origin.as_deref(), &settings.origins)?,
        }
        Ok(Self { key, settings, trace, ip })
    }
}

impl Caller {
    /// Whether the plan and the owner allow answers from the server.
    ///
    /// # Errors
    /// `upgrade_required` or `forbidden`.
    pub fn may_ask(&self) -> Result<(), Failure> {
        if self.settings.tier == Tier::Free {
            return Err(Failure::new(Code::UpgradeRequired, "The Free plan has no answers from the server."));
        }
        if !self.settings.remote_enabled {
            return Err(Failure::new(Code::Forbidden, "Answers from the server are switched off for this key."));
        }
        Ok(())
    }
}

fn works(state: State) -> Result<(), Failure> {
    Err(match state {
        State::Active => return Ok(()),
        State::Revoked => Failure::new(Code::KeyRevoked, "The API key was revoked. Issue a new one."),
        State::Suspended => Failure::new(Code::KeySuspended, "The API key is suspended. Look at the dashboard."),
        State::Expired => Failure::new(Code::KeyExpired, "The API key was rotated. Use the current one."),
    })
}

fn origin_is_allowed(origin: Option<&str>, allowed: &[String]) -> Result<(), Failure> {
    let listed = origin.is_some_and(|origin| allowed.iter().any(|known| known.eq_ignore_ascii_case(origin)));
    if listed || allowed.is_empty() {
        return Ok(());
    }
    let message = match origin {
        Some(_) => "The page's origin is not among the key's domains.",
        None => "The request has no Origin, and the key serves only its domains.",
    };
    Err(Failure::new(Code::OriginNotAllowed, message))
}

fn ip_is_allowed(ip: Option<IpAddr>, allowed: &[IpAddr]) -> Result<(), Failure> {
    if allowed.is_empty() || ip.is_some_and(|ip| allowed.contains(&ip)) {
        return Ok(());
    }
    Err(Failure::new(Code::IpNotAllowed, "The request's address is not among the key's own."))
}
