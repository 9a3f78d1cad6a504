//! Empty databases.

use crate::process;
use anyhow::Context as _;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// The server, as a user that may create databases.
pub(crate) struct Server {
    client: Client,
    /// Its URL without the name of the database.
    url: String,
    /// The process whose children are the backends.
    pid: u32,
}

/// A new database.
pub(crate) struct Database {
    pub(crate) url: String,
    name: &'static str,
}

impl Server {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let client = connect(url).await?;
        let (url, _) = url.rsplit_once('/').context("the URL names a database")?;
        let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await?.try_get(0)?;
        let pid = process::parent(u32::try_from(backend)?)?;
        Ok(Self { client, url: url.to_owned(), pid })
    }

    /// Creates a database, and runs a checkpoint.
    pub(crate) async fn fresh(&self, name: &'static str) -> anyhow::Result<Database> {
        self.client.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        self.checkpoint().await?;
        Ok(Database { url: format!("{}/{name}", self.url), name })
    }

    pub(crate) async fn checkpoint(&self) -> anyhow::Result<()> {
        Ok(self.client.batch_execute("CHECKPOINT").await?)
    }

    pub(crate) async fn remove(&self, database: Database) -> anyhow::Result<()> {
        Ok(self.client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", database.name)).await?)
    }

    /// The CPU time of all its processes so far.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        process::cpu_time_of_children(self.pid)
    }
}

/// Connects, on a tokio runtime.
pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with the client, which gets the errors.
    tokio::spawn(connection);
    Ok(client)
}
