//! Answers of an API, for the tests of sources.

use crate::target::CollectError;
use axum::http::{HeaderMap, StatusCode};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// Status, headers and body.
pub(crate) type Answer = (StatusCode, HeaderMap, String);

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: impl Into<String>) -> Answer {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    (StatusCode::from_u16(status).unwrap(), headers.collect(), body.into())
}

/// Whether the error requests a back-off of `wait`, of which the test itself may have used up half.
pub(crate) fn asks_to_wait(error: &CollectError, wait: Duration) -> bool {
    let CollectError::Refused { until: Some(until), .. } = error else { return false };
    (wait / 2..=wait).contains(&until.since(Timestamp::now()))
}

/// JSON padded with blanks to this many bytes.
pub(crate) fn padded(json: &str, bytes: usize) -> String {
    json.to_owned() + &" ".repeat(bytes - json.len())
}
