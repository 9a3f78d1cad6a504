//! Whether each loop still goes round.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a loop may work on one round before it counts as hung. Longer than any bounded wait inside
/// a round (a store's statement, a page's request), shorter than the units' `WatchdogSec`.
pub const MAX_BUSY: Duration = Duration::from_secs(20);

/// One loop's sign of life.
///
/// A loop that waits for something to do is well, however long it waits; one that has been at work for
/// longer than [`MAX_BUSY`] is hung. So a loop says only where it waits, by waiting through
/// [`Heartbeat::idle`].
#[derive(Debug)]
pub struct Heartbeat {
    busy_since: BusySince,
}

type BusySince = Arc<Mutex<Option<Instant>>>;

impl Heartbeat {
    /// Waits for `work`: until it comes, the loop is idle.
    pub async fn idle<F: Future>(&self, work: F) -> F::Output {
        let _idle = Idle::start(&self.busy_since);
        work.await
    }

    /// Says that one long round gets on: it counts as begun anew. For a round of many bounded steps.
    pub fn beat(&self) {
        set(&self.busy_since, Some(Instant::now()));
    }
}

/// Marks the loop busy again when the wait ends, also when it is dropped half-way.
struct Idle<'a>(&'a BusySince);

impl<'a> Idle<'a> {
    fn start(busy_since: &'a BusySince) -> Self {
        set(busy_since, None);
        Self(busy_since)
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        set(self.0, Some(Instant::now()));
    }
}

fn set(busy_since: &BusySince, to: Option<Instant>) {
    *busy_since.lock().unwrap_or_else(PoisonError::into_inner) = to;
}

/// The heartbeats of a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heartbeats(Arc<Mutex<Vec<Watched>>>);

#[derive(Debug)]
struct Watched {
    name: String,
    busy_since: BusySince,
}

impl Heartbeats {
    /// A new loop, busy from now on. A loop that has ended is watched no more.
    pub(crate) fn start(&self, name: String) -> Heartbeat {
        let busy_since = Arc::new(Mutex::new(Some(Instant::now())));
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|watched| Arc::strong_count(&watched.busy_since) > 1);
        watched.push(Watched { name, busy_since: Arc::clone(&busy_since) });
        Heartbeat { busy_since }
    }

    /// The names of the loops that have been busy for longer than [`MAX_BUSY`].
    pub(crate) fn hung(&self) -> Vec<String> {
        let watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.iter().filter(|watched| watched.is_hung()).map(|watched| watched.name.clone()).collect()
    }
}

impl Watched {
    fn is_hung(&self) -> bool {
        let has_ended = Arc::strong_count(&self.busy_since) == 1;
        let busy_since = *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner);
        !has_ended && busy_since.is_some_and(|since| since.elapsed() > MAX_BUSY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::{advance, timeout};

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_works_too_long_is_hung_until_it_waits_again() {
        let heartbeats = Heartbeats::default();
        let heartbeat = heartbeats.start("persister.store".into());
        advance(MAX_BUSY).await;
        assert!(heartbeats.hung().is_empty());
        advance(Duration::from_millis(1)).await;
        assert_eq!(heartbeats.hung(), ["persister.store"]);
        heartbeat.idle(async {}).await;
        assert!(heartbeats.hung().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_round_that_gets_on_is_not_hung() {
        let heartbeats = Heartbeats::default();
        let heartbeat = heartbeats.start("cache.receive".into());
        for _ in 0..10 {
            advance(MAX_BUSY).await;
            heartbeat.beat();
        }
        assert!(heartbeats.hung().is_empty());
        advance(MAX_BUSY * 2).await;
        assert_eq!(heartbeats.hung(), ["cache.receive"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_may_wait_for_ever() {
        let heartbeats = Heartbeats::default();
        let heartbeat = heartbeats.start("cache.receive".into());
        let waiting = heartbeat.idle(async {
            advance(MAX_BUSY * 1000).await;
            assert!(heartbeats.hung().is_empty());
        });
        waiting.await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_wait_makes_the_loop_busy() {
        let heartbeats = Heartbeats::default();
        let heartbeat = heartbeats.start("api.stream".into());
        assert!(timeout(MAX_BUSY, heartbeat.idle(pending::<()>())).await.is_err());
        advance(MAX_BUSY + Duration::from_secs(1)).await;
        assert_eq!(heartbeats.hung(), ["api.stream"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_has_ended_is_not_hung() {
        let heartbeats = Heartbeats::default();
        drop(heartbeats.start("collector.host".into()));
        advance(MAX_BUSY * 2).await;
        assert!(heartbeats.hung().is_empty());
    }
}
