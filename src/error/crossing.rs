//! A failure on its way between two of our modules. The developer's object has four fields; what the widget does next
//! hangs on a fifth, the row of the catalog, which has to come along.

use super::{Code, Failure, Reference};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Parts {
    code: String,
    message: String,
    request_id: Option<String>,
    reference: Reference,
    row: Code,
}

/// For serde's `with`.
///
/// # Errors
/// The serializer's own.
pub fn serialize<S: Serializer>(failure: &Failure, serializer: S) -> Result<S::Ok, S::Error> {
    let Failure { code, message, request_id, reference, row } = failure.clone();
    Parts { code, message, request_id, reference, row }.serialize(serializer)
}

/// For serde's `with`.
///
/// # Errors
/// The deserializer's own.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Failure, D::Error> {
    let Parts { code, message, request_id, reference, row } = Parts::deserialize(deserializer)?;
    Ok(Failure { code, message, request_id, reference, row })
}
