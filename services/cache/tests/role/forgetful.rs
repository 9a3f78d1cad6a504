//! The cache in memory, but that it forgets everything when it is told to.

use async_trait::async_trait;
use std::sync::{Arc, Mutex};
use watchkeeper_adapter_embedded::MemoryCache;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{Advance, LatestCache, Offset, Page, PortError, TopicId, TopicPartition, TtlPolicy};

/// The cache in memory, but for forgetting.
#[derive(Default)]
pub(crate) struct ForgetfulCache(Mutex<Arc<MemoryCache>>);

impl ForgetfulCache {
    /// As an engine that is started anew and kept nothing.
    pub(crate) fn forget_all(&self) {
        *self.0.lock().unwrap() = Arc::default();
    }

    fn now(&self) -> Arc<MemoryCache> {
        Arc::clone(&self.0.lock().unwrap())
    }
}

#[async_trait]
impl LatestCache for ForgetfulCache {
    async fn put(&self, samples: &[Sample], ttl: &TtlPolicy, now: Timestamp) -> Result<(), PortError> {
        self.now().put(samples, ttl, now).await
    }

    async fn latest(
        &self,
        filter: &SeriesFilter,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<Sample>, PortError> {
        self.now().latest(filter, page, now).await
    }

    async fn positions(
        &self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
    ) -> Result<Vec<Option<Offset>>, PortError> {
        self.now().positions(partitions, topic_id).await
    }

    async fn advance(&self, advances: &[Advance]) -> Result<(), PortError> {
        self.now().advance(advances).await
    }

    async fn len(&self) -> Result<usize, PortError> {
        self.now().len().await
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), PortError> {
        self.now().sweep(now).await
    }
}
