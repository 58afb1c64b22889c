//! `GET /v1/widget/config`: what the key's owner has set up, as far as the widget needs it.

use crate::{Gateway, caller::Caller};
use axum::{Json, extract::State};
use serde_json::{Value, json};
use std::sync::Arc;

/// Everything public of a key's settings.
pub async fn get(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Json<Value> {
    let settings = &caller.settings;
    let turnstile = settings.site_key.as_ref().map(|site_key| {
        let mut turnstile = json!({ "site_key": site_key });
        if let Some(url) = &settings.challenge_url {
            turnstile["challenge_url"] = json!(url);
        }
        turnstile
    });
    Json(json!({
        "tier": settings.tier,
        "remote": { "enabled": settings.remote_enabled, "model": gateway.answers.model() },
        "turnstile": turnstile,
        "models": settings.models,
        "theme": settings.theme,
        "strings": settings.strings,
    }))
}
