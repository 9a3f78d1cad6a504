//! Retries while an engine is unavailable.

use crate::progress::Teller;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::time::Duration;
use watchkeeper_ports::{Failure, PortError};

/// The first wait after a failure.
pub const WAIT_AT_LEAST: Duration = Duration::from_millis(100);
/// The longest wait between two attempts.
pub const WAIT_AT_MOST: Duration = Duration::from_secs(10);
/// How often a failed call is retried, over about a minute; then the migration fails, and may be started
/// again.
pub const MAX_RETRIES: usize = 12;

/// Retries a call until it succeeds, fails permanently, or runs out of retries.
pub(crate) async fn patiently<T>(
    teller: &mut Teller<'_>,
    mut attempt: impl AsyncFnMut(&mut Teller<'_>) -> Result<T, PortError>,
) -> Result<T, PortError> {
    let mut waits = ExponentialBuilder::default()
        .with_min_delay(WAIT_AT_LEAST)
        .with_max_delay(WAIT_AT_MOST)
        .with_max_times(MAX_RETRIES)
        .build();
    loop {
        let error = match attempt(teller).await {
            Err(error) if error.failure() == Failure::Retry => error,
            answer => return answer,
        };
        let Some(wait) = waits.next() else { return Err(error) };
        teller.waits(&error, wait);
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> PortError {
        PortError::Unavailable { what: "store", reason: "connection refused".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_stays_away_is_given_up_after_a_bounded_time() {
        let mut tell = |_: &crate::Event<'_>| {};
        let (mut teller, mut tries) = (Teller::new(&mut tell), 0);
        let started = tokio::time::Instant::now();
        let answer = patiently(&mut teller, async |_| {
            tries += 1;
            Err::<(), _>(away())
        });
        assert!(answer.await.is_err());
        assert_eq!(tries, MAX_RETRIES + 1);
        let waited = started.elapsed();
        assert!((Duration::from_secs(50)..Duration::from_secs(90)).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_comes_back_is_waited_for_and_that_is_told() {
        let mut told = 0;
        let mut tell =
            |event: &crate::Event<'_>| told += usize::from(matches!(event, crate::Event::Waits { .. }));
        let (mut teller, mut tries) = (Teller::new(&mut tell), 0);
        let answer = patiently(&mut teller, async |_| {
            tries += 1;
            if tries < 4 { Err(away()) } else { Ok(tries) }
        });
        assert_eq!(answer.await.unwrap(), 4);
        assert_eq!(told, 3);
    }

    #[tokio::test]
    async fn what_time_does_not_mend_is_told_at_once() {
        let mut tell = |_: &crate::Event<'_>| {};
        let (mut teller, mut tries) = (Teller::new(&mut tell), 0);
        let answer = patiently(&mut teller, async |_| {
            tries += 1;
            Err::<(), _>(PortError::Broken { what: "store", reason: "of another version".into() })
        });
        assert!(answer.await.is_err());
        assert_eq!(tries, 1);
    }
}
