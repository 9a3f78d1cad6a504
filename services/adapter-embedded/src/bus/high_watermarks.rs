//! The high watermark of each topic, for waiting readers.

use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use tokio::sync::watch;
use watchkeeper_ports::{Offset, Topic};

/// The high watermark of each topic: records below it are durable.
#[derive(Default)]
pub(super) struct HighWatermarks {
    by_topic: Mutex<HashMap<Topic, watch::Sender<Offset>>>,
}

impl HighWatermarks {
    /// The high watermark of `topic` now and whenever it changes; 0 for a topic that was never announced.
    pub(super) fn follow(&self, topic: &Topic) -> watch::Receiver<Offset> {
        self.lock().entry(topic.clone()).or_default().subscribe()
    }

    /// Wakes waiting readers.
    pub(super) fn announce(&self, topic: Topic, end: Offset) {
        self.lock().entry(topic).or_default().send_replace(end);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<Offset>>> {
        self.by_topic.lock()
    }
}
