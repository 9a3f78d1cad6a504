//! The last start of each target, kept across restarts.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, ScheduleStore};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, RoleResult, Rounds, Stopped, retry};

/// How often marks are saved: all pending ones in one call.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// Unsaved marks, at most one per target.
#[derive(Default)]
pub(crate) struct Marks {
    unsaved: Mutex<HashMap<Arc<str>, Timestamp>>,
}

impl Marks {
    /// Records the start of a target.
    pub(crate) fn begun(&self, target: &Arc<str>, at: Timestamp) {
        self.lock().insert(Arc::clone(target), at);
    }

    fn unsaved(&self) -> Vec<(String, Timestamp)> {
        self.lock().iter().map(|(target, &at)| (target.to_string(), at)).collect()
    }

    /// Drops saved marks, except for targets started again meanwhile.
    fn forget(&self, saved: &[(String, Timestamp)]) {
        let mut unsaved = self.lock();
        for (target, at) in saved {
            if unsaved.get(target.as_str()) == Some(at) {
                unsaved.remove(target.as_str());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Timestamp>> {
        self.unsaved.lock()
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

    /// The last start of each target. Waits for the store as long as it takes: collecting without marks could exceed
    /// the quota of a target.
    pub(crate) async fn load(&self) -> Result<HashMap<String, Timestamp>, Stopped> {
        let marks = || self.store.marks(self.context.role());
        retry(&self.context, &self.heartbeat, &self.dependency, marks).await
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
}
