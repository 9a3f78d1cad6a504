//! Kinds of records, and how each is stored.

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use std::collections::HashMap;
use tokio_postgres::Client;
use watchkeeper_adapter_postgres::PostgresStore;
use watchkeeper_ports::{BatchBuilder, Topic};

/// PostgreSQL counts microseconds from 2000-01-01T00:00:00Z.
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A kind of record: what is published, who stores it, and how it is stored by bare COPY.
pub(crate) trait Kind {
    type Item: Clone;

    /// The role that stores it.
    const ROLE: &'static str;
    /// Its name in metrics.
    const ITEMS: &'static str;
    const TOPIC: Topic;
    /// The statement that reads [`Self::encode`]'s rows.
    const COPY: &'static str;
    /// The table of the rows.
    const TABLE: &'static str;

    fn push(batch: &mut BatchBuilder, item: &Self::Item);

    /// Reads a record.
    fn decode(value: &[u8]) -> anyhow::Result<Self::Item>;

    /// Lets the program store so many items that it has created its tables, the partition of every day, and all numbers
    /// of names.
    async fn store_some(store: &PostgresStore, items: &[Self::Item]) -> anyhow::Result<()>;

    /// The numbers of names in the rows.
    async fn numbers(client: &Client) -> anyhow::Result<Numbers>;

    /// Rows in binary COPY format, in the order of the index.
    fn encode(items: &[Self::Item], numbers: &Numbers) -> anyhow::Result<Bytes>;
}

/// The numbers of names, by table.
#[derive(Default)]
pub(crate) struct Numbers(HashMap<(&'static str, String), i64>);

impl Numbers {
    /// Adds those of a table with the columns `name` and `id`.
    pub(crate) async fn read(
        &mut self,
        client: &Client,
        table: &'static str,
        name: &str,
    ) -> anyhow::Result<()> {
        for row in client.query(&format!("SELECT {name}, id::bigint FROM {table}"), &[]).await? {
            self.0.insert((table, row.try_get(0)?), row.try_get(1)?);
        }
        Ok(())
    }

    pub(crate) fn of(&self, table: &'static str, name: &str) -> anyhow::Result<i64> {
        self.0
            .get(&(table, name.to_owned()))
            .copied()
            .with_context(|| format!("{name} has no number in {table}"))
    }
}

/// The binary COPY format (PostgreSQL documentation, COPY, "Binary Format") around `rows`.
pub(crate) fn framed(rows: impl FnOnce(&mut BytesMut) -> anyhow::Result<()>) -> anyhow::Result<Bytes> {
    let mut out = BytesMut::new();
    out.put_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    rows(&mut out)?;
    out.put_i16(-1);
    Ok(out.freeze())
}
