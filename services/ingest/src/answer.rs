//! Responses to senders: the refused items, or why the whole body is refused.

use crate::decode::Decoded;
use crate::events::RECORDS_PER_BODY;
use crate::kind::Kind;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
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
    let Some(no_room) = K::NO_ROOM.filter(|_| without_room == total) else {
        return Problem::invalid(detail, errors);
    };
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
        .of_kind(no_room.kind, no_room.title)
        .with_errors(errors)
        .retry_after(no_room.retry_after)
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

/// 413: the records of the body would have more than `limit` bytes.
pub(crate) fn too_large_as_records(limit: usize) -> Problem {
    let reason = format!(
        "its events would have more than {limit} bytes with the labels that they share, {RECORDS_PER_BODY} times \
         `max_decompressed` in [ingest]: send fewer at once"
    );
    refused(StatusCode::PAYLOAD_TOO_LARGE, "body", reason)
}

/// A problem as plain text, for clients that show the body as it is.
pub(crate) fn as_text(problem: Problem) -> Response {
    let text = format!("{}\n", problem.detail());
    with_body(problem, "text/plain; charset=utf-8", text.into())
}

/// The response of a problem with another body.
pub(crate) fn with_body(problem: Problem, content_type: &'static str, body: Body) -> Response {
    let (mut head, _) = problem.into_response().into_parts();
    head.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, body)
}
