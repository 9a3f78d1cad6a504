//! When each target was last begun, kept over restarts.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, ScheduleStore};
use watchkeeper_runtime::{Dependency, Heartbeat, RoleContext, RoleResult, Rounds, Stopped, retry};

/// How often marks are saved: all that came together in one call.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// Marks that are not saved yet, one for each target at most.
#[derive(Default)]
pub(crate) struct Marks {
    unsaved: Mutex<HashMap<Arc<str>, Timestamp>>,
}

impl Marks {
    /// Notes that a target was begun.
    pub(crate) fn begun(&self, target: &Arc<str>, at: Timestamp) {
        self.lock().insert(Arc::clone(target), at);
    }

    fn unsaved(&self) -> Vec<(String, Timestamp)> {
        self.lock().iter().map(|(target, &at)| (target.to_string(), at)).collect()
    }

    /// Forgets what was saved, but for targets that were begun again meanwhile.
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

    /// When each target was last begun. Waits for the store as long as it takes: collecting without
    /// marks would break the promise to targets with a quota.
    pub(crate) async fn load(&self) -> Result<HashMap<String, Timestamp>, Stopped> {
        let marks = || self.store.marks(self.context.role());
        retry(&self.context, &self.heartbeat, &self.dependency, marks).await
    }

    /// Saves marks as they come, until the role is asked to stop.
    pub(crate) async fn run(&self) -> RoleResult {
        let mut rounds = Rounds::every(SAVE_EVERY, &self.context, &self.heartbeat);
        let save = || retry(&self.context, &self.heartbeat, &self.dependency, || self.save());
        while rounds.next(save()).await? {}
        Ok(())
    }

    /// Saves all marks that are not saved yet.
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
