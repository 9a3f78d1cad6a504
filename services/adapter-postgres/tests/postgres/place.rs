//! A separate schema for each test, in the shared database.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use tokio::runtime::Builder;
use tokio_postgres::{Client, NoTls};
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_port_contract::engine_url;

/// An empty schema, which is dropped at the end.
pub(crate) struct Place {
    schema: String,
}

impl Place {
    pub(crate) fn fresh() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self { schema: format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)) }
    }

    pub(crate) fn options(&self) -> PostgresOptions {
        let url = format!("{}?application_name={}", engine_url("postgres"), self.schema);
        PostgresOptions { schema: self.schema.clone(), ..PostgresOptions::new(url) }
    }

    pub(crate) fn store(&self) -> PostgresStore {
        PostgresStore::connect(&self.options()).unwrap()
    }

    /// Terminates the connections of its stores, like a restarting server.
    pub(crate) async fn lose_connections(&self) {
        lose_connections(&self.schema).await;
    }

    /// Another connection to the same schema.
    pub(crate) async fn client(&self) -> Client {
        let client = client().await;
        client.batch_execute(&format!("SET search_path = {}", self.schema)).await.unwrap();
        client
    }
}

/// Terminates the connections with this application name, and waits until they are closed.
async fn lose_connections(name: &str) {
    const END: &str =
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1";
    client().await.query(END, &[&name]).await.unwrap();
}

/// A connection to the database.
pub(crate) async fn client() -> Client {
    let (client, connection) = tokio_postgres::connect(&engine_url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

impl Drop for Place {
    fn drop(&mut self) {
        let drop_schema = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema);
        let schema = self.schema.clone();
        // On a thread with its own runtime, because nothing can be awaited here. The server sees the stores'
        // connections close only when the test's runtime gets to it.
        let dropping = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                lose_connections(&schema).await;
                client().await.batch_execute(&drop_schema).await.unwrap();
            });
        });
        let is_dropped = dropping.join().is_ok();
        assert!(is_dropped || thread::panicking(), "the schema {} could not be dropped", self.schema);
    }
}
