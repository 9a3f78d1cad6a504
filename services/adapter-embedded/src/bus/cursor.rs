//! A cursor in a topic, which advances with each read.

use super::ongoing::Ongoing;
use super::{Shared, log};
use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::watch;
use watchkeeper_ports::{Offset, PortError, ReceivedBatch, Tail, Topic};

/// A cursor in a topic, which advances with each read.
pub(super) struct Cursor {
    bus: Arc<Shared>,
    topic: Topic,
    end: watch::Receiver<Offset>,
    next: Offset,
    reading: Ongoing<Result<ReceivedBatch, PortError>>,
}

impl Cursor {
    /// At the high watermark of `topic`.
    pub(super) fn at_end(bus: Arc<Shared>, topic: Topic) -> Self {
        let end = bus.high_watermarks.follow(&topic);
        let next = *end.borrow();
        Self { bus, topic, end, next, reading: Ongoing::none() }
    }

    pub(super) fn move_to(&mut self, next: Offset) {
        self.reading.abandon();
        self.next = next;
    }

    /// Waits for the next records, at least one. Cancel-safe: the cursor advances only with the answer.
    pub(super) async fn records(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        let max_records = max_records.max(1);
        loop {
            // The sender lives as long as the bus, which this holds.
            let _ = self.end.wait_for(|end| *end > self.next).await;
            let batch = self.reading.get(|| read(&self.bus, &self.topic, self.next, max_records)).await?;
            if batch.records.len() > max_records {
                // Started by an earlier call, which asked for more.
                continue;
            }
            self.next = batch.next;
            if !batch.records.is_empty() {
                return Ok(batch);
            }
        }
    }
}

fn read(
    bus: &Arc<Shared>,
    topic: &Topic,
    from: Offset,
    max_records: usize,
) -> impl Future<Output = Result<ReceivedBatch, PortError>> + Send + use<> {
    let (bus, topic) = (bus.clone(), topic.clone());
    async move { bus.database.read(move |conn| log::read(conn, &topic, from, max_records)).await }
}

#[async_trait]
impl Tail for Cursor {
    async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        self.records(max_records).await
    }
}
