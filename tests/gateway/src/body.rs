//! Reading a request's body.

use crate::failure::Failure;
use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
};
use inferkit_widget::error::Code;
use serde_json::Value;

/// The longest body, in bytes: a long conversation is a tenth of it.
const LONGEST: usize = 256 * 1024;

/// A body that is JSON.
#[derive(Debug)]
pub struct Json(pub Value);

impl<S: Sync> FromRequest<S> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let bad = |message| Failure::new(Code::BadRequest, message);
        let bytes = to_bytes(request.into_body(), LONGEST)
            .await
            .map_err(|_| bad(format!("The body did not arrive whole, or has more than {LONGEST} bytes.")))?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| bad("The body is not JSON.".into()))
    }
}
