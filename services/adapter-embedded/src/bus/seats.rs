//! Who has the partition: of each group one member at a time.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use watchkeeper_ports::{Group, Topic};

/// One seat for each topic and group; the members take it in the order in which they ask.
#[derive(Default)]
pub(super) struct Seats {
    by_group: Mutex<HashMap<(Topic, Group), Arc<Semaphore>>>,
}

impl Seats {
    /// The seat of `group` on `topic`.
    pub(super) fn of(&self, topic: &Topic, group: &Group) -> Arc<Semaphore> {
        let mut by_group = self.by_group.lock();
        by_group.entry((topic.clone(), group.clone())).or_insert_with(|| Arc::new(Semaphore::new(1))).clone()
    }

    /// The groups of which a member has the partition of `topic`.
    pub(super) fn taken(&self, topic: &Topic) -> Vec<Group> {
        let by_group = self.by_group.lock();
        let taken = by_group.iter().filter(|((of, _), seat)| of == topic && seat.available_permits() == 0);
        taken.map(|((_, group), _)| group.clone()).collect()
    }
}
