//! Responses to senders: the refused items, or why the whole body is refused.

use crate::decode::Decoded;
use crate::kind::Kind;
use axum::http::StatusCode;
use watchkeeper_runtime::http::{FieldError, Problem};
use watchkeeper_wire::json::{IngestAnswer, Refusal};

/// The response to a body with no refused items (202) or some (207).
pub(crate) fn accepted(decoded: Decoded) -> (StatusCode, IngestAnswer) {
    let status = if decoded.refused == 0 { StatusCode::ACCEPTED } else { StatusCode::MULTI_STATUS };
    let refused = decoded.listed.into_iter().map(|(index, violation)| Refusal::of_item(index, violation));
    let answer = IngestAnswer {
        accepted: decoded.accepted,
        refused_total: decoded.refused,
        refused: refused.collect(),
    };
    (status, answer)
}

/// The response when every item was refused: 429 if the only reason is a limit on series, else 400.
pub(crate) fn all_refused<K: Kind>(decoded: Decoded) -> Problem {
    let (total, without_room) = (decoded.refused, decoded.without_room);
    let mut listed = decoded.listed.into_iter().peekable();
    let detail = match listed.peek() {
        Some((_, only)) if total == 1 => only.to_string(),
        Some((_, first)) => format!("all {total} {}s are refused; the first: {first}", K::ITEM),
        None => String::new(),
    };
    let errors = listed.map(|(index, violation)| FieldError {
        index: (total > 1).then_some(index),
        field: violation.field,
        reason: violation.reason,
    });
    if without_room < total {
        return Problem::invalid(detail, errors);
    }
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
        .of_kind(K::NO_ROOM.kind, K::NO_ROOM.title)
        .with_errors(errors)
        .retry_after(K::NO_ROOM.retry_after)
}

/// A refusal for a header or the body.
pub(crate) fn refused(status: StatusCode, field: &str, reason: impl Into<String>) -> Problem {
    let reason = reason.into();
    let problem = match status {
        StatusCode::BAD_REQUEST => return Problem::bad_request(field, reason),
        _ => Problem::new(status, format!("{field}: {reason}")),
    };
    problem.with_errors([FieldError { index: None, field: field.to_owned(), reason }])
}

/// 413: the body has more of `unit` than `limit`, which is configured as `key`.
pub(crate) fn too_large(unit: &str, limit: usize, key: &str) -> Problem {
    let reason = format!("has more than {limit} {unit}, the limit set by `{key}` in [ingest]");
    refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason)
}
