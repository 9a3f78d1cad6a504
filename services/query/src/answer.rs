//! Queries with a timeout.

use std::fmt;
use std::time::Duration;

/// How long a status response or a page waits for one query. Shared, so that all front ends show the same.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// A result, or why there is none.
pub type Answer<T> = Result<T, NoAnswer>;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer(String);

impl NoAnswer {
    /// No result for this reason.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a query of `what`, for at most [`ANSWER_WITHIN`].
///
/// # Errors
/// On timeout, or the error of `question`.
pub async fn within_time<T, E: fmt::Display>(
    what: &str,
    question: impl Future<Output = Result<T, E>>,
) -> Answer<T> {
    let no_answer = match tokio::time::timeout(ANSWER_WITHIN, question).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => NoAnswer::because(error),
        Err(_) => {
            NoAnswer::because(format_args!("no answer from {what} within {} s", ANSWER_WITHIN.as_secs()))
        }
    };
    tracing::debug!(what, reason = %no_answer, "query failed");
    Err(no_answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_late_is_none() {
        assert_eq!(within_time("bus", async { Ok::<_, &str>(7) }).await, Ok(7));
        let refused = within_time("bus", async { Err::<(), _>("refused") }).await.unwrap_err();
        assert_eq!(refused.to_string(), "refused");
        let late = within_time("bus", pending::<Result<(), &str>>()).await.unwrap_err();
        assert_eq!(late.to_string(), "no answer from bus within 3 s");
    }
}
