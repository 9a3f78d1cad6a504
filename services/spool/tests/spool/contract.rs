//! A bus with a spool is a bus.

use crate::stage::{MUCH, spool_in};
use std::sync::Arc;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_port_contract::Fixture;
use watchkeeper_ports::{EventBus, Topic};
use watchkeeper_runtime::RoleContext;
use watchkeeper_spool::SpooledBus;

/// A directory of the bus, and one of the spool.
struct Directories(TempDir, TempDir);

impl Fixture<dyn EventBus> for Directories {
    async fn fresh() -> Self {
        Self(tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn EventBus> {
        let bus = Arc::new(EmbeddedBus::open(self.0.path(), &EmbeddedOptions::default()).unwrap());
        let (context, spool) = (RoleContext::detached("test"), spool_in(self.1.path(), MUCH));
        Arc::new(SpooledBus::new(&context, bus, Some(Ok(spool)), Topic::METRICS).unwrap())
    }
}

watchkeeper_port_contract::event_bus_contract!(Directories);
