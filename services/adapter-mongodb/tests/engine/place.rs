//! A separate store in the engine that all tests share.

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
            url: without_database(&engine_url("mongodb")),
            database: Some(format!("test-{}", std::process::id())),
            prefix: format!("{}-", NEXT.fetch_add(1, Ordering::Relaxed)),
            timeout: PATIENCE,
        })
    }

    async fn open(&self) -> Arc<dyn RollupStore> {
        Arc::new(MongoRollups::new(&self.0).unwrap())
    }
}

/// The URL of the engine; each test process has a database of its own.
fn without_database(url: &str) -> String {
    let (server, _) = url.rsplit_once('/').unwrap();
    server.to_owned()
}
