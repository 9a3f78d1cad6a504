//! The embedded store, but for what a test says.

use async_trait::async_trait;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use watchkeeper_adapter_embedded::EmbeddedStore;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Append, Appended, Group, Page, PortError, PositionStore, SampleKey, SampleStore, ScheduleStore,
    SeriesPage, StoredPosition, TopicId, TopicPartition,
};

/// The embedded store, but for questions that fail.
pub(crate) struct StagedStore {
    store: EmbeddedStore,
    failures: Mutex<Vec<Option<PortError>>>,
}

impl StagedStore {
    pub(crate) fn new(store: EmbeddedStore) -> Self {
        Self { store, failures: Mutex::default() }
    }

    /// Where the role keeps what it has seen of the clock.
    pub(crate) fn schedule(&self) -> Arc<dyn ScheduleStore> {
        self.store.schedule()
    }

    /// The next pages of latest samples, each given or not.
    pub(crate) fn gives_pages(&self, given: &[bool]) {
        let reason = || "connection refused".to_owned();
        let failure =
            |&given: &bool| (!given).then(|| PortError::Unavailable { what: "store", reason: reason() });
        *self.failures.lock().unwrap() = given.iter().rev().map(failure).collect();
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
impl SampleStore for StagedStore {
    async fn append(&self, batch: &Arc<Append>) -> Result<Appended, PortError> {
        self.store.append(batch).await
    }

    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.store.series(filter, page).await
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        let failure = self.failures.lock().unwrap().pop().flatten();
        match failure {
            Some(error) => Err(error),
            None => self.store.latest(filter, page, until).await,
        }
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.store.series_count().await
    }

    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.store.newest(filter, limit, until).await
    }

    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError> {
        SampleStore::samples(&self.store, time, after, limit).await
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

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        self.store.prune(before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.store.check().await
    }
}
