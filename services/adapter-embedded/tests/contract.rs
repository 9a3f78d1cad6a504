//! Holds the embedded adapters to the promises of their ports.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore, MemoryCache};
use watchkeeper_port_contract::Fixture;
use watchkeeper_ports::{EventBus, LatestCache, SampleStore, ScheduleStore};

/// A directory that is removed in the end.
struct Directory(TempDir);

impl Directory {
    fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self) -> EmbeddedStore {
        EmbeddedStore::open(self.path()).unwrap()
    }
}

impl Fixture<dyn EventBus> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        Arc::new(EmbeddedBus::open(self.path(), &EmbeddedOptions::default()).unwrap())
    }
}

impl Fixture<dyn SampleStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn SampleStore> {
        self.store().samples()
    }
}

impl Fixture<dyn ScheduleStore> for Directory {
    async fn fresh() -> Self {
        Self::fresh()
    }

    async fn open(&self) -> Arc<dyn ScheduleStore> {
        self.store().schedule()
    }
}

/// Memory, of which nothing is left to open again.
struct Memory;

impl Fixture<dyn LatestCache> for Memory {
    async fn fresh() -> Self {
        Self
    }

    async fn open(&self) -> Arc<dyn LatestCache> {
        Arc::new(MemoryCache::new())
    }
}

mod event_bus {
    watchkeeper_port_contract::event_bus_contract!(super::Directory);
}

mod sample_store {
    watchkeeper_port_contract::sample_store_contract!(super::Directory);
}

mod schedule_store {
    watchkeeper_port_contract::schedule_store_contract!(super::Directory);
}

mod latest_cache {
    watchkeeper_port_contract::latest_cache_contract!(super::Memory);
}
