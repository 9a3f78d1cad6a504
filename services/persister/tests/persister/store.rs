//! The embedded store, but for what a test says.

use crate::stage::soon;
use async_trait::async_trait;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use watchkeeper_adapter_embedded::EmbeddedStore;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Advance, Append, Appended, Group, Offset, Page, PortError, PositionStore, SampleKey, SampleQueries,
    SampleSink, SampleStore, ScheduleStore, SeriesPage, Sink, StoredPosition, TopicId, TopicPartition,
};

/// The embedded store, but for what it refuses and fails at.
pub(crate) struct StagedStore {
    store: EmbeddedStore,
    refused: Option<f64>,
    failures: Mutex<Vec<PortError>>,
    appends: watch::Sender<Vec<Append<Sample>>>,
    prunes: watch::Sender<usize>,
}

impl StagedStore {
    pub(crate) fn new(store: EmbeddedStore) -> Self {
        let (appends, prunes) = (watch::Sender::default(), watch::Sender::default());
        Self { store, refused: None, failures: Mutex::default(), appends, prunes }
    }

    /// The sample of that number is refused.
    pub(crate) fn refusing(self, number: u32) -> Self {
        Self { refused: Some(f64::from(number)), ..self }
    }

    /// The next append that moves a position fails.
    pub(crate) fn fails(&self, error: PortError) {
        self.failures.lock().unwrap().push(error);
    }

    /// Where the role keeps what it has seen of the clock.
    pub(crate) fn schedule(&self) -> Arc<dyn ScheduleStore> {
        self.store.schedule()
    }

    /// What was appended, in order.
    pub(crate) fn appends(&self) -> Vec<Append<Sample>> {
        self.appends.borrow().clone()
    }

    /// Waits until the position of the persister has been moved to `next`.
    pub(crate) async fn comes_to(&self, next: Offset) {
        let moved = |advance: &Advance| advance.next == next;
        let has_moved =
            |appends: &Vec<Append<Sample>>| appends.iter().flat_map(|append| &append.advances).any(moved);
        soon(self.appends.subscribe().wait_for(has_moved)).await.unwrap();
    }

    /// Waits until it was pruned.
    pub(crate) async fn was_pruned(&self) {
        soon(self.prunes.subscribe().wait_for(|&prunes| prunes > 0)).await.unwrap();
    }
}

#[async_trait]
impl PositionStore for StagedStore {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.store.position(group, partition, topic_id).await
    }
}

#[async_trait]
impl Sink<Sample> for StagedStore {
    async fn append(&self, batch: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        self.append_within(u64::MAX, batch).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let pruned = self.store.prune(before).await;
        self.prunes.send_modify(|prunes| *prunes += 1);
        pruned
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}

#[async_trait]
impl SampleSink for StagedStore {
    async fn append_within(
        &self,
        max_series: u64,
        batch: Arc<Append<Sample>>,
    ) -> Result<Appended, PortError> {
        if let Some(refused) = batch.items.iter().find(|sample| Some(sample.value) == self.refused) {
            return Err(PortError::Rejected { what: "store", reason: format!("no {}", refused.value) });
        }
        let failure = if batch.advances.is_empty() { None } else { self.failures.lock().unwrap().pop() };
        if let Some(error) = failure {
            return Err(error);
        }
        let appended = self.store.append_within(max_series, Arc::clone(&batch)).await?;
        self.appends.send_modify(|appends| appends.push(Append::clone(&batch)));
        Ok(appended)
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.store.series_count().await
    }
}

#[async_trait]
impl SampleStore for StagedStore {
    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError> {
        SampleStore::samples(&self.store, time, after, limit).await
    }
}

#[async_trait]
impl SampleQueries for StagedStore {
    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.store.series(filter, page).await
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.store.latest(filter, page, until).await
    }

    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.store.newest(filter, limit, until).await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        self.store.range(query, max_series).await
    }

    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        self.store.roll_up(query, page).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.store.oldest().await
    }
}
