//! What a sender is told about its items.

use crate::decode::Decoded;
use axum::http::StatusCode;
use std::time::Duration;
use watchkeeper_runtime::http::{FieldError, Problem};
use watchkeeper_wire::json::{IngestAnswer, Refusal};

/// The answer to a body of which nothing was refused (202) or some (207).
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

/// When a sender may try again whose series are too many: some may have been forgotten by then.
const RETRY_WITH_SERIES: Duration = Duration::from_secs(10 * 60);

/// The answer to a body of which everything was refused: 429 if there are too many series and nothing else is wrong,
/// else 400.
pub(crate) fn all_refused(decoded: Decoded) -> Problem {
    let (total, without_room) = (decoded.refused, decoded.without_room);
    let mut listed = decoded.listed.into_iter().map(|(index, violation)| (Some(index), violation)).peekable();
    let detail = match listed.peek() {
        Some((_, only)) if total == 1 => only.to_string(),
        Some((_, first)) => format!("none of the {total} samples can be taken; the first: {first}"),
        None => String::new(),
    };
    let errors = listed.map(|(index, violation)| FieldError {
        index: index.filter(|_| total > 1),
        field: violation.field,
        reason: violation.reason,
    });
    if without_room < total {
        return Problem::invalid(detail, errors);
    }
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
        .of_kind("too-many-series", "There are too many series")
        .with_errors(errors)
        .retry_after(RETRY_WITH_SERIES)
}
