//! What a test can say of a bus, and see on it.

use super::Staged;
use crate::script::Script;
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;
use watchkeeper_ports::{
    Delivery, EventBus, Group, Lag, Offset, PortError, Position, ReceivedBatch, RecordBatch, Subscription,
    Tail, Topic,
};

/// What happened on a bus.
#[derive(Clone, Debug)]
pub enum BusEvent {
    /// Records were published.
    Published(Topic, RecordBatch),
    /// A member has committed.
    Committed(Vec<Position>),
    /// Somebody has asked for the lag of a group.
    AskedLag(Group),
}

/// What a test can say of a bus alone.
#[derive(Default)]
pub struct BusExtra {
    /// The group that members join, whichever they name.
    group: Mutex<Option<Group>>,
    /// Records after which a read ends.
    read_at_most: Mutex<Option<usize>>,
    /// The lag of groups, by name, whatever they have committed.
    lags: Mutex<HashMap<String, Vec<Lag>>>,
    /// How often all tails were lost.
    lost_tails: watch::Sender<usize>,
}

impl Staged<dyn EventBus> {
    /// The batches that were published to a topic.
    pub fn published(&self, topic: &Topic) -> Vec<RecordBatch> {
        let published = |event| match event {
            BusEvent::Published(to, batch) if to == *topic => Some(batch),
            _ => None,
        };
        self.noted().into_iter().filter_map(published).collect()
    }

    /// Waits until the last commit was of `next`.
    pub async fn comes_to(&self, next: Offset) {
        let has_come = |events: &[BusEvent]| {
            let committed = events.iter().rev().find_map(|event| match event {
                BusEvent::Committed(positions) => Some(positions),
                _ => None,
            });
            committed.and_then(|positions| positions.last()).is_some_and(|position| position.next == next)
        };
        self.notes(has_come).await;
    }

    /// Members join this group, whichever they name. So one that has not heard that it was put out of its group gets
    /// the records that the others get.
    pub fn join_as(&self, group: Group) {
        *self.extra.group.lock() = Some(group);
    }

    /// A read ends after so many records, though there are more.
    pub fn read_at_most(&self, records: usize) {
        *self.extra.read_at_most.lock() = Some(records);
    }

    /// The lag of a group, whatever it has committed.
    pub fn lag_is(&self, group: &str, lag: Vec<Lag>) {
        self.extra.lags.lock().insert(group.to_owned(), lag);
    }

    /// Every tail fails, once.
    pub fn lose_tails(&self) {
        self.extra.lost_tails.send_modify(|times| *times += 1);
    }

    pub(super) fn group(&self, named: &Group) -> Group {
        self.extra.group.lock().clone().unwrap_or_else(|| named.clone())
    }

    pub(super) fn shortened(&self, mut batch: ReceivedBatch) -> ReceivedBatch {
        if let Some(records) = *self.extra.read_at_most.lock() {
            batch.offsets.truncate(records);
            batch.records = batch.records.iter().take(records).collect();
            batch.next = batch.offsets.last().map_or(batch.next, |last| last + 1);
        }
        batch
    }

    pub(super) fn lag_of(&self, group: &Group, lag: Vec<Lag>) -> Vec<Lag> {
        self.extra.lags.lock().get(group.name()).cloned().unwrap_or(lag)
    }

    pub(super) fn subscribed(&self, inner: Box<dyn Subscription>) -> Box<dyn Subscription> {
        Box::new(StagedSubscription { inner, script: self.script.clone(), noted: self.noted.clone() })
    }

    pub(super) fn followed(&self, inner: Box<dyn Tail>) -> Box<dyn Tail> {
        Box::new(StagedTail { inner, lost: self.extra.lost_tails.subscribe() })
    }
}

struct StagedSubscription {
    inner: Box<dyn Subscription>,
    script: Arc<Script>,
    noted: watch::Sender<Vec<BusEvent>>,
}

#[async_trait]
impl Subscription for StagedSubscription {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.inner.next(max_records).await
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.inner.seek(position).await
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        self.script.enter("commit").await?.end();
        self.inner.commit(positions).await?;
        self.noted.send_modify(|events| events.push(BusEvent::Committed(positions.to_vec())));
        Ok(())
    }
}

struct StagedTail {
    inner: Box<dyn Tail>,
    lost: watch::Receiver<usize>,
}

#[async_trait]
impl Tail for StagedTail {
    async fn next(&mut self, max_records: usize) -> Result<ReceivedBatch, PortError> {
        tokio::select! {
            Ok(()) = self.lost.changed() => {
                Err(PortError::Unavailable { what: "bus", reason: "connection reset".to_owned() })
            }
            batch = self.inner.next(max_records) => batch,
        }
    }
}
