//! A store of its own in the engine that all tests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_port_contract::{Fixture, PATIENCE, engine_url};
use watchkeeper_ports::RollupStore;

pub(crate) struct Place(pub(crate) MongoOptions);

impl Fixture<dyn RollupStore> for Place {
    async fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(MongoOptions {
            url: engine_url("mongodb"),
            database: format!("test-{}", std::process::id()),
            prefix: format!("{}-", NEXT.fetch_add(1, Ordering::Relaxed)),
            timeout: PATIENCE,
        })
    }

    async fn open(&self) -> Arc<dyn RollupStore> {
        Arc::new(MongoRollups::new(&self.0).unwrap())
    }
}
