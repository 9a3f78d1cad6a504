//! Answers that are waited for within a bound.

use std::fmt;
use std::time::Duration;

/// How long a status or a page waits for the answer to one question. Whoever is asked the same shows the same: an answer
/// that is late for one is late for all.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// An answer, or why there is none now.
pub type Answer<T> = Result<T, NoAnswer>;

/// Why there is no answer now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer(String);

impl NoAnswer {
    /// None, for this reason.
    pub fn because(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Waits for an answer of `what`, for as long as [`ANSWER_WITHIN`].
///
/// # Errors
/// When it is late, or what `question` says.
pub async fn within_time<T, E: fmt::Display>(
    what: &str,
    question: impl Future<Output = Result<T, E>>,
) -> Answer<T> {
    let no_answer = match tokio::time::timeout(ANSWER_WITHIN, question).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => NoAnswer::because(error),
        Err(_) => {
            NoAnswer::because(format_args!("{what} has not answered within {} s", ANSWER_WITHIN.as_secs()))
        }
    };
    tracing::debug!(what, reason = %no_answer, "a question is not answered");
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
        assert_eq!(late.to_string(), "bus has not answered within 3 s");
    }
}
