//! What is made of each status page is kept for a few seconds, so that a thousand readers cost as much as one.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_query::StatusPages;

/// For how long something is shown before it is made anew. A failure is kept as long.
pub(super) const FRESH_FOR: Duration = Duration::from_secs(10);
/// For how long something is shown while it cannot be made anew.
pub(super) const SHOWN_FOR: Duration = Duration::from_secs(10 * 60);

/// One value for each page of the configuration.
pub(crate) struct Kept<T>(Mutex<Slots<T>>);

struct Slots<T> {
    /// The configuration that the values were made of.
    pages: Arc<StatusPages>,
    slots: HashMap<String, Arc<Slot<T>>>,
}

/// Locked while the value is made: the others wait for it.
type Slot<T> = tokio::sync::Mutex<Option<Last<T>>>;

struct Last<T> {
    tried_at: Instant,
    /// The last value, and when it was made.
    value: Option<(T, Instant)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Slots { pages: Arc::default(), slots: HashMap::new() }))
    }
}

impl<T: Clone> Kept<T> {
    /// The value for the page of this name, which `pages` must have; `make` is called if there is none, or it is older
    /// than [`FRESH_FOR`]. While that fails, the last one is returned until it is older than [`SHOWN_FOR`].
    pub(super) async fn get(
        &self,
        pages: &Arc<StatusPages>,
        name: &str,
        make: impl AsyncFnOnce() -> Option<T>,
    ) -> Option<T> {
        let slot = self.slot(pages, name);
        let mut last = slot.lock().await;
        let is_fresh = last.as_ref().is_some_and(|last| last.tried_at.elapsed() < FRESH_FOR);
        if !is_fresh {
            let new = make().await.map(|value| (value, Instant::now()));
            let before = last.take().and_then(|last| last.value);
            *last = Some(Last { tried_at: Instant::now(), value: new.or(before) });
        }
        let shown = last.as_ref()?.value.as_ref().filter(|(_, made_at)| made_at.elapsed() < SHOWN_FOR);
        shown.map(|(value, _)| value.clone())
    }

    /// The slot of a page. Those of another configuration are dropped.
    fn slot(&self, pages: &Arc<StatusPages>, name: &str) -> Arc<Slot<T>> {
        let mut kept = self.0.lock();
        if !Arc::ptr_eq(&kept.pages, pages) {
            *kept = Slots { pages: Arc::clone(pages), slots: HashMap::new() };
        }
        Arc::clone(kept.slots.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::advance;

    #[derive(Default)]
    struct Stage {
        kept: Kept<usize>,
        pages: Arc<StatusPages>,
        made: AtomicUsize,
    }

    impl Stage {
        async fn get(&self) -> Option<usize> {
            let make = async || {
                tokio::task::yield_now().await;
                Some(self.made.fetch_add(1, Ordering::Relaxed))
            };
            self.kept.get(&self.pages, "shop", make).await
        }

        async fn fail(&self) -> Option<usize> {
            self.kept.get(&self.pages, "shop", async || None).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_readers_cost_as_much_as_one() {
        let stage = Stage::default();
        let found = join_all((0..1_000).map(|_| stage.get())).await;
        assert_eq!(found, vec![Some(0); 1_000]);
        advance(FRESH_FOR).await;
        assert_eq!(stage.get().await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_value_is_shown_for_some_time_while_it_cannot_be_made_anew() {
        let stage = Stage::default();
        assert_eq!(stage.get().await, Some(0));
        advance(FRESH_FOR).await;
        assert_eq!(stage.fail().await, Some(0));
        assert_eq!(stage.get().await, Some(0), "the failure is not repeated at once");
        advance(SHOWN_FOR).await;
        assert_eq!(stage.fail().await, None);
        advance(FRESH_FOR).await;
        assert_eq!(stage.get().await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn another_configuration_is_shown_at_once() {
        let mut stage = Stage::default();
        assert_eq!(stage.get().await, Some(0));
        stage.pages = Arc::default();
        assert_eq!(stage.get().await, Some(1));
    }
}
