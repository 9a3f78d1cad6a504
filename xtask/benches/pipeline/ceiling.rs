//! The ceiling: bare COPY.

use crate::database::{Database, Server, connect};
use crate::kind::{Kind, Numbers};
use crate::process;
use crate::stored::{Counted, Stored};
use anyhow::Context as _;
use bytes::Bytes;
use futures_util::SinkExt as _;
use std::pin::pin;
use std::time::Instant;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};

/// Rows per transaction: the default of the roles.
const TRANSACTION_ROWS: usize = 10_000;

/// Stores the items in the tables of the program, in bus order, split into transactions whose rows are in index order:
/// on one connection, from rows in memory that are already in COPY format.
#[expect(clippy::cast_precision_loss, reason = "rows of a few minutes")]
pub(crate) async fn copy<K: Kind>(
    server: &Server,
    database: &Database,
    items: &[K::Item],
) -> anyhow::Result<Stored> {
    let begun = Instant::now();
    let (mut client, numbers) = make_tables::<K>(database, items).await?;
    let transactions = items.chunks(TRANSACTION_ROWS).map(|chunk| K::encode(chunk, &numbers));
    let transactions = transactions.collect::<Result<Vec<_>, _>>()?;
    let (first, others) = transactions.split_first().context("there is nothing to store")?;
    server.checkpoint().await?;

    store(&mut client, K::COPY, first).await?;
    let (first_after, of_server, of_client) =
        (begun.elapsed(), server.cpu_time()?, process::cpu_time(std::process::id())?);
    let begun = Instant::now();
    for rows in others {
        store(&mut client, K::COPY, rows).await?;
    }
    let took = begun.elapsed();
    Ok(Stored {
        rows: Counted { count: items.len().saturating_sub(TRANSACTION_ROWS) as f64, took },
        server: server.cpu_time()?.saturating_sub(of_server),
        client: process::cpu_time(std::process::id())?.saturating_sub(of_client),
        first_after,
        storing: took,
        transactions: others.len() as f64,
        peak_bytes: None,
    })
}

/// Lets the program create its tables and numbers, and empties the table of the rows.
pub(crate) async fn make_tables<K: Kind>(
    database: &Database,
    items: &[K::Item],
) -> anyhow::Result<(Client, Numbers)> {
    let store = PostgresStore::connect(&PostgresOptions::new(&*database.url))?;
    K::store_some(&store, items).await?;
    let client = connect(&database.url).await?;
    client.batch_execute(&format!("SET search_path = watchkeeper; TRUNCATE {}", K::TABLE)).await?;
    let numbers = K::numbers(&client).await?;
    Ok((client, numbers))
}

/// One transaction.
pub(crate) async fn store(client: &mut Client, statement: &str, rows: &Bytes) -> anyhow::Result<()> {
    let transaction = client.transaction().await?;
    let mut sink = pin!(transaction.copy_in(statement).await?);
    sink.send(rows.clone()).await?;
    sink.finish().await?;
    Ok(transaction.commit().await?)
}
