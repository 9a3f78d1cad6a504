//! Samples.

mod append;
mod copy;
mod delete;
mod fold;
mod newest;
mod oldest;
mod over_time;
mod prune;
mod rows;
mod walk;

use crate::database::Database;
use crate::days::{Days, SAMPLES};
use crate::error::WHAT;
use crate::positions;
use crate::series::{self, Interning, TooManySeries};
use async_trait::async_trait;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use watchkeeper_domain::{
    RangeQuery, RollupQuery, Sample, SeriesFilter, SeriesPoints, SeriesRollups, Timestamp,
};
use watchkeeper_ports::{
    Append, Appended, Deleted, Group, Page, PortError, PositionStore, SampleKey, SampleQueries, SampleSink,
    SampleStore, SeriesDeletion, SeriesPage, Sink, StoredPosition, TopicId, TopicPartition, too_many_series,
};

pub(crate) struct Samples {
    database: Arc<Database>,
    interning: Interning,
    days: Days,
    /// Whether the last append had duplicates: the next one is likely to have some too.
    has_repeated: AtomicBool,
}

impl Samples {
    pub(crate) fn new(database: Arc<Database>) -> Self {
        Self {
            database,
            interning: Interning::default(),
            days: Days::of(SAMPLES),
            has_repeated: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl PositionStore for Samples {
    async fn position(
        &self,
        group: &Group,
        partition: &TopicPartition,
        topic_id: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.database
            .call(async |connection| positions::find(connection, group, partition, topic_id).await)
            .await
    }
}

impl Samples {
    async fn append(&self, batch: &Append<Sample>, max_series: Option<u64>) -> Result<Appended, PortError> {
        let now = Timestamp::now();
        let work = async |connection: &mut _| self.store(connection, batch, max_series, now).await;
        self.database.call(work).await?.map_err(|TooManySeries { series, samples: items }| {
            let reason = too_many_series(series, max_series.unwrap_or(u64::MAX));
            PortError::ItemsRejected { what: WHAT, reason, items }
        })
    }
}

#[async_trait]
impl Sink<Sample> for Samples {
    async fn append(&self, batch: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        self.append(&batch, None).await
    }

    async fn prune(&self, before: Timestamp) -> Result<u64, PortError> {
        let now = Timestamp::now();
        self.database.many_calls(async |connection| self.remove(connection, before, now).await).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.database.check().await
    }
}

#[async_trait]
impl SampleSink for Samples {
    async fn append_within(
        &self,
        max_series: u64,
        batch: Arc<Append<Sample>>,
    ) -> Result<Appended, PortError> {
        self.append(&batch, Some(max_series)).await
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.database.long_call(async |connection| series::count_all(connection).await).await
    }
}

#[async_trait]
impl SeriesDeletion for Samples {
    async fn delete(&self, filter: &SeriesFilter, after: &str) -> Result<Deleted, PortError> {
        self.database.many_calls(async |connection| self.delete_step(connection, filter, after).await).await
    }
}

#[async_trait]
impl SampleStore for Samples {
    async fn samples(
        &self,
        time: Range<Timestamp>,
        after: Option<&SampleKey>,
        limit: usize,
    ) -> Result<Vec<Sample>, PortError> {
        self.database.long_call(async |connection| walk::samples(connection, time, after, limit).await).await
    }
}

#[async_trait]
impl SampleQueries for Samples {
    async fn series(&self, filter: &SeriesFilter, page: &Page) -> Result<SeriesPage, PortError> {
        self.database.call(async |connection| series::page(connection, filter, page).await).await
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.database.call(async |connection| newest::latest(connection, filter, page, until).await).await
    }

    async fn newest(
        &self,
        filter: &SeriesFilter,
        limit: usize,
        until: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.database
            .long_call(async |connection| newest::newest(connection, filter, limit, until).await)
            .await
    }

    async fn range(&self, query: &RangeQuery, max_series: usize) -> Result<Vec<SeriesPoints>, PortError> {
        self.database
            .long_call(async |connection| over_time::range(connection, query, max_series).await)
            .await
    }

    async fn roll_up(&self, query: &RollupQuery, page: &Page) -> Result<Vec<SeriesRollups>, PortError> {
        self.database.long_call(async |connection| over_time::roll_up(connection, query, page).await).await
    }

    async fn oldest(&self) -> Result<Option<Timestamp>, PortError> {
        self.database.long_call(async |connection| oldest::oldest(connection).await).await
    }
}
