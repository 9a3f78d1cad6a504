//! Where each topic ends, for those who wait for more.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use tokio::sync::watch;
use watchkeeper_ports::{Offset, Topic};

/// The end of each topic: what lies before it is durable.
#[derive(Default)]
pub(super) struct Ends {
    by_topic: Mutex<HashMap<Topic, watch::Sender<Offset>>>,
}

impl Ends {
    /// The end of `topic` now and whenever it changes; 0 for a topic that nobody has announced.
    pub(super) fn follow(&self, topic: &Topic) -> watch::Receiver<Offset> {
        self.lock().entry(topic.clone()).or_default().subscribe()
    }

    /// Tells those who wait.
    pub(super) fn announce(&self, topic: Topic, end: Offset) {
        self.lock().entry(topic).or_default().send_replace(end);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<Offset>>> {
        self.by_topic.lock()
    }
}
