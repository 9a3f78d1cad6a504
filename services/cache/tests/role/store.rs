//! The embedded store, but for what a test says.

use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use watchkeeper_adapter_embedded::EmbeddedStore;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Group, Page, PortError, PositionStore, SampleQueries, SampleStore, ScheduleStore, SeriesPage,
    StoredPosition, TopicId, TopicPartition,
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

    /// The store as it is.
    pub(crate) fn samples(&self) -> Arc<dyn SampleStore> {
        self.store.samples()
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
        let failure = self.failures.lock().unwrap().pop().flatten();
        match failure {
            Some(error) => Err(error),
            None => self.store.latest(filter, page, until).await,
        }
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
