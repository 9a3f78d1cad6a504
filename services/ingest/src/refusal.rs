//! What a sender is told whose body is refused as a whole.

use axum::http::StatusCode;
use watchkeeper_runtime::http::{FieldError, Problem};

/// A refusal that names a header or the body as its field.
pub(crate) fn refused(status: StatusCode, field: &str, reason: impl Into<String>) -> Problem {
    let reason = reason.into();
    let problem = match status {
        StatusCode::BAD_REQUEST => return Problem::bad_request(field, reason),
        _ => Problem::new(status, format!("{field}: {reason}")),
    };
    problem.with_errors([FieldError { index: None, field: field.to_owned(), reason }])
}

/// 413: the body has more of `unit` than `limit`, which the operator can set as `key`.
pub(crate) fn too_large(unit: &str, limit: usize, key: &str) -> Problem {
    let reason = format!("has more than {limit} {unit}, the limit set by `{key}` in [ingest]");
    refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason)
}
