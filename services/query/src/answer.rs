//! Queries with a timeout.

use std::fmt;
use std::time::Duration;
use watchkeeper_ports::OfDependency;

/// How long a status response or a page waits for one query. Shared, so that all front ends show the same.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// A result, or why there is none.
pub type Answer<T> = Result<T, NoAnswer>;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    dependency: &'static str,
    reason: String,
}

impl NoAnswer {
    /// No result from this dependency, for this reason.
    pub fn new(dependency: &'static str, reason: impl fmt::Display) -> Self {
        Self { dependency, reason: reason.to_string() }
    }

    /// The dependency, as operators know it: `bus`, `store`.
    pub const fn dependency(&self) -> &'static str {
        self.dependency
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Runs a query for at most [`ANSWER_WITHIN`]. `what` is the dependency if the error names none.
///
/// # Errors
/// On timeout, or the error of `question`.
pub async fn within_time<T, E: OfDependency>(
    what: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> Answer<T> {
    within(ANSWER_WITHIN, what, question).await
}

/// The same for a query that may take longer, such as a search that ends with what it has found so far.
///
/// # Errors
/// On timeout, or the error of `question`.
pub async fn within<T, E: OfDependency>(
    limit: Duration,
    what: &'static str,
    question: impl Future<Output = Result<T, E>>,
) -> Answer<T> {
    let no_answer = match tokio::time::timeout(limit, question).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => NoAnswer::new(error.dependency().unwrap_or(what), error),
        Err(_) => NoAnswer::new(what, format_args!("no answer from {what} within {} s", limit.as_secs())),
    };
    tracing::debug!(dependency = no_answer.dependency, error = %no_answer, "query failed");
    Err(no_answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use watchkeeper_ports::PortError;

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_late_is_none() {
        assert_eq!(within_time("bus", async { Ok::<_, PortError>(7) }).await, Ok(7));
        let late = within_time("bus", pending::<Result<(), PortError>>()).await.unwrap_err();
        assert_eq!(late, NoAnswer::new("bus", "no answer from bus within 3 s"));
    }

    #[tokio::test]
    async fn what_has_failed_is_known_from_the_error() {
        let refused = PortError::Unavailable { what: "cache", reason: "refused".to_owned() };
        let refused = within_time("store", async { Err::<(), _>(refused) }).await.unwrap_err();
        assert_eq!(refused, NoAnswer::new("cache", "cache unavailable: refused"));
    }
}
