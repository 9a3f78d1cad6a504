//! A scripted store for unit tests.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{
    Append, Appended, Group, PortError, PositionStore, SampleSink, Sink, StoredPosition, TopicId,
    TopicPartition,
};

/// Keeps nothing, and may be unavailable.
#[derive(Default)]
pub(crate) struct FakeStore {
    /// The number of series that it reports.
    pub(crate) series: Mutex<u64>,
    /// How many calls were made.
    pub(crate) calls: Mutex<usize>,
    /// The next calls fail with these.
    pub(crate) failures: Mutex<VecDeque<PortError>>,
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "store", reason: "connection refused".into() }
}

impl FakeStore {
    fn call(&self) -> Result<(), PortError> {
        *self.calls.lock().unwrap() += 1;
        self.failures.lock().unwrap().pop_front().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl PositionStore for FakeStore {
    async fn position(
        &self,
        _: &Group,
        _: &TopicPartition,
        _: &TopicId,
    ) -> Result<StoredPosition, PortError> {
        self.call().map(|()| StoredPosition::Never)
    }
}

#[async_trait]
impl Sink<Sample> for FakeStore {
    async fn append(&self, _: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        self.call().map(|()| Appended::default())
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        self.call().map(|()| 1)
    }

    async fn check(&self) -> Result<(), PortError> {
        self.call()
    }
}

#[async_trait]
impl SampleSink for FakeStore {
    async fn append_within(&self, _: u64, batch: Arc<Append<Sample>>) -> Result<Appended, PortError> {
        self.append(batch).await
    }

    async fn series_count(&self) -> Result<u64, PortError> {
        self.call().map(|()| *self.series.lock().unwrap())
    }
}
