//! What an answer means for a notification.

use crate::deliver::SendError;
use crate::http::Answer;
use serde_json::Value;
use std::time::Duration;

/// Delivered, to be retried, or refused. `wait` finds how long to wait in an answer of JSON that has no `Retry-After`.
pub(super) fn judge(
    host: &str,
    answer: Result<Answer, String>,
    wait: impl FnOnce(&Value) -> Option<Duration>,
) -> Result<(), SendError> {
    let answer = answer.map_err(|reason| SendError::Failed { reason, retry_after: None })?;
    let reason = format!("{host} answered {answer}");
    match answer.status {
        200..300 => Ok(()),
        408 | 429 | 500.. => {
            let in_body = || wait(&serde_json::from_str(&answer.excerpt).ok()?);
            Err(SendError::Failed { reason, retry_after: answer.retry_after.or_else(in_body) })
        }
        _ => Err(SendError::Rejected(reason)),
    }
}

/// A duration from a JSON number of seconds, if it is one.
pub(super) fn seconds(number: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(number.as_f64()?).ok()
}
