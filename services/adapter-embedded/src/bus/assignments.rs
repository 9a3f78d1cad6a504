//! Assigns the partition of a topic to one member of each group at a time.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use watchkeeper_ports::{Group, Topic};

/// One assignment for each topic and group: its holder has the partition. Members get it in the order of
/// asking.
#[derive(Default)]
pub(super) struct Assignments {
    by_group: Mutex<HashMap<(Topic, Group), Arc<Semaphore>>>,
}

impl Assignments {
    /// The assignment of `group` on `topic`.
    pub(super) fn of(&self, topic: &Topic, group: &Group) -> Arc<Semaphore> {
        let mut by_group = self.by_group.lock();
        by_group.entry((topic.clone(), group.clone())).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }

    /// The groups with a member that has the partition of `topic`.
    pub(super) fn taken(&self, topic: &Topic) -> Vec<Group> {
        let by_group = self.by_group.lock();
        let taken = by_group
            .iter()
            .filter(|((of, _), assignment)| of == topic && assignment.available_permits() == 0);
        taken.map(|((_, group), _)| group.clone()).collect()
    }
}
