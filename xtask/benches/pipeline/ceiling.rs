//! The ceiling: bare COPY.

use crate::cpu;
use crate::database::{Database, Server, connect};
use crate::stored::{Counted, Stored};
use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use futures_util::SinkExt as _;
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::process;
use std::sync::Arc;
use std::time::Instant;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_domain::{Sample, Timestamp, Window};
use watchkeeper_ports::Append;

/// Rows per transaction: the default of the persister.
const TRANSACTION_ROWS: usize = 10_000;
/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Stores the samples in the tables of the program, in bus order, split into transactions whose rows are in index order:
/// on one connection, from rows in memory that are already in COPY format.
#[expect(clippy::cast_precision_loss, reason = "rows of a few minutes")]
pub(crate) async fn copy(server: &Server, database: &Database, samples: &[Sample]) -> anyhow::Result<Stored> {
    let begun = Instant::now();
    make_tables(database, samples).await?;
    let mut client = connect(&database.url).await?;
    let series = empty(&client).await?;
    let transactions = samples.chunks(TRANSACTION_ROWS).map(|chunk| encode(chunk, &series));
    let transactions = transactions.collect::<Result<Vec<_>, _>>()?;
    let (first, others) = transactions.split_first().context("there are no samples")?;
    server.checkpoint().await?;

    store(&mut client, first).await?;
    let (first_after, of_server, of_client) = (begun.elapsed(), server.cpu_time()?, cpu::of(process::id())?);
    let begun = Instant::now();
    for rows in others {
        store(&mut client, rows).await?;
    }
    let took = begun.elapsed();
    Ok(Stored {
        rows: Counted { count: samples.len().saturating_sub(TRANSACTION_ROWS) as f64, took },
        server: server.cpu_time()?.saturating_sub(of_server),
        client: cpu::of(process::id())?.saturating_sub(of_client),
        first_after,
        storing: took,
        transactions: others.len() as f64,
    })
}

/// Lets the program create its tables, the partition of every day and the row of every series.
async fn make_tables(database: &Database, samples: &[Sample]) -> anyhow::Result<()> {
    let one_of_each: BTreeMap<_, _> = samples
        .iter()
        .map(|sample| ((Arc::clone(&sample.series), Window::Day.start(sample.collected_at)), sample))
        .collect();
    let samples = one_of_each.into_values().cloned().collect();
    let store = PostgresStore::connect(&PostgresOptions::new(&*database.url))?;
    store.samples().append(Arc::new(Append::of(samples))).await?;
    Ok(())
}

/// Deletes the samples; returns the id of every series by its key.
async fn empty(client: &Client) -> anyhow::Result<HashMap<String, i64>> {
    client.batch_execute("SET search_path = watchkeeper; TRUNCATE samples").await?;
    let series = client.query("SELECT key, id FROM series", &[]).await?;
    Ok(series
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<_, tokio_postgres::Error>>()?)
}

/// The rows in binary COPY format (PostgreSQL documentation, COPY, "Binary Format").
fn encode(samples: &[Sample], series: &HashMap<String, i64>) -> anyhow::Result<Bytes> {
    let row = |sample: &Sample| {
        let id = series.get(sample.series.key()).context("a series has no id")?;
        anyhow::Ok((*id, sample.collected_at, sample.value))
    };
    let mut rows = samples.iter().map(row).collect::<Result<Vec<(i64, Timestamp, f64)>, _>>()?;
    rows.sort_unstable_by_key(|&(id, at, _)| (id, at));
    let mut out = BytesMut::new();
    out.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for (id, at, value) in rows {
        out.put_i16(3);
        out.put_i32(8);
        out.put_i64(id);
        out.put_i32(8);
        out.put_i64(at.as_micros() - EPOCH_MICROS);
        out.put_i32(8);
        out.put_f64(value);
    }
    out.put_i16(-1);
    Ok(out.freeze())
}

async fn store(client: &mut Client, rows: &Bytes) -> anyhow::Result<()> {
    let transaction = client.transaction().await?;
    let mut sink =
        pin!(transaction.copy_in("COPY samples (series_id, at, value) FROM STDIN (FORMAT binary)").await?);
    sink.send(rows.clone()).await?;
    sink.finish().await?;
    Ok(transaction.commit().await?)
}
