//! The last start of each target, kept across restarts.

use crate::target::Timing;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, ScheduleStore};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, RoleResult, Rounds, Stopped, retry};

/// How often marks are saved: all pending ones in one call.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The last start of each target, also of those that are no longer configured: they may be again.
#[derive(Default)]
pub(crate) struct Marks(Mutex<State>);

#[derive(Default)]
struct State {
    all: HashMap<Arc<str>, Timestamp>,
    /// Those of them that are not in the store.
    unsaved: HashMap<Arc<str>, Timestamp>,
}

impl Marks {
    /// Adds what the store has.
    pub(crate) fn add(&self, saved: HashMap<String, Timestamp>) {
        self.lock().all.extend(saved.into_iter().map(|(target, at)| (target.into(), at)));
    }

    /// Records the start of a target.
    pub(crate) fn begun(&self, target: &Arc<str>, at: Timestamp) {
        let State { all, unsaved } = &mut *self.lock();
        for marks in [all, unsaved] {
            marks.insert(Arc::clone(target), at);
        }
    }

    /// When the target was last started, if that is known.
    pub(crate) fn last_begun(&self, target: &str) -> Option<Timestamp> {
        self.lock().all.get(target).copied()
    }

    /// Drops the marks that no schedule needs: of starts longer ago than any interval.
    pub(crate) fn forget_older(&self, now: Timestamp) {
        self.lock().all.retain(|_, at| now.since(*at) < Timing::MAX_INTERVAL);
    }

    fn unsaved(&self) -> Vec<(String, Timestamp)> {
        self.lock().unsaved.iter().map(|(target, &at)| (target.to_string(), at)).collect()
    }

    /// Drops saved marks, except for targets started again meanwhile.
    fn forget(&self, saved: &[(String, Timestamp)]) {
        let unsaved = &mut self.lock().unsaved;
        for (target, at) in saved {
            if unsaved.get(target.as_str()) == Some(at) {
                unsaved.remove(target.as_str());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

/// Loads and saves marks.
pub(crate) struct MarkKeeper {
    context: RoleContext,
    heartbeat: Heartbeat,
    dependency: Dependency,
    store: Arc<dyn ScheduleStore>,
    marks: Arc<Marks>,
}

impl MarkKeeper {
    pub(crate) fn new(context: &RoleContext, store: Arc<dyn ScheduleStore>, marks: Arc<Marks>) -> Self {
        Self {
            context: context.clone(),
            heartbeat: context.heartbeat("marks"),
            dependency: context.dependency("store"),
            store,
            marks,
        }
    }

    /// Loads the last start of each target. Waits for the store as long as it takes: collecting without marks could
    /// exceed the quota of a target.
    pub(crate) async fn load(&self) -> Result<(), Stopped> {
        let marks = || self.store.marks(self.context.role());
        let saved = retry(&self.context, &self.heartbeat, &self.dependency, marks).await?;
        self.marks.add(saved);
        Ok(())
    }

    /// Saves marks until the role stops.
    pub(crate) async fn run(&self) -> RoleResult {
        let mut rounds = Rounds::every(SAVE_EVERY, &self.context, &self.heartbeat);
        let save = || retry(&self.context, &self.heartbeat, &self.dependency, || self.save());
        while rounds.next(save()).await? {}
        Ok(())
    }

    /// Saves all pending marks.
    pub(crate) async fn save(&self) -> Result<(), PortError> {
        let unsaved = self.marks.unsaved();
        if !unsaved.is_empty() {
            self.store.mark(self.context.role(), &unsaved).await?;
            self.marks.forget(&unsaved);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_was_begun_again_while_it_was_saved_is_saved_again() {
        let (marks, one, other) = (Marks::default(), Arc::from("one"), Arc::from("other"));
        let at = |micros| Timestamp::from_micros(micros).unwrap();
        marks.begun(&one, at(1));
        marks.begun(&other, at(1));
        let saved = marks.unsaved();
        marks.begun(&one, at(2));
        marks.forget(&saved);
        assert_eq!(marks.unsaved(), [("one".to_owned(), at(2))]);
    }

    #[test]
    fn the_last_start_is_known_after_it_was_saved_until_no_interval_is_that_long() {
        let (marks, one) = (Marks::default(), Arc::from("one"));
        let start = Timestamp::from_micros(1_000_000).unwrap();
        marks.add(HashMap::from([("one".to_owned(), start), ("other".to_owned(), start)]));
        let later = start.plus(Timing::MAX_INTERVAL);
        marks.begun(&one, later);
        marks.forget(&marks.unsaved());
        assert_eq!((marks.last_begun("one"), marks.last_begun("other")), (Some(later), Some(start)));
        marks.forget_older(later);
        assert_eq!((marks.last_begun("one"), marks.last_begun("other")), (Some(later), None));
    }
}
