//! Retries writes that lose a race for the same document.

use crate::answer::Written;
use watchkeeper_ports::PortError;

/// How often refused statements are tried. Of two concurrent inserts of the same document one is refused; on
/// retry, it finds the document.
const ATTEMPTS: usize = 3;

/// Writes, and retries refused statements; fails when they are still refused. `write` must be idempotent.
/// What an earlier attempt inserted, the last one finds.
pub(crate) async fn until_settled<F>(mut write: impl FnMut() -> F) -> Result<Written, PortError>
where
    F: Future<Output = Result<Written, PortError>>,
{
    let mut attempt = 1;
    loop {
        let written = write().await?;
        match &written.refused {
            None => return Ok(written),
            Some(refused) if attempt == ATTEMPTS => return Err(refused.port_error()),
            Some(_) => attempt += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Refused;
    use std::future::ready;

    /// Writes to a server that refuses this many times; returns the outcome, and the number of attempts.
    async fn refused_times(times: usize) -> (Result<Written, PortError>, usize) {
        let mut asked = 0;
        let outcome = until_settled(|| {
            asked += 1;
            let refused = Refused { statements: 1, reason: "duplicate key".to_owned() };
            ready(Ok(Written { refused: (asked <= times).then_some(refused), ..Written::default() }))
        });
        (outcome.await, asked)
    }

    #[tokio::test]
    async fn a_lost_race_is_run_again() {
        let (outcome, asked) = refused_times(ATTEMPTS - 1).await;
        assert_eq!((outcome.unwrap(), asked), (Written::default(), ATTEMPTS));
    }

    #[tokio::test]
    async fn what_stays_refused_is_an_error_with_its_reason() {
        let (outcome, asked) = refused_times(ATTEMPTS).await;
        assert!(outcome.unwrap_err().to_string().contains("duplicate key"));
        assert_eq!(asked, ATTEMPTS);
    }
}
