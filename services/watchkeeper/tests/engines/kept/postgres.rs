//! The tables in PostgreSQL.

use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row};

const STORED: &str = "SELECT value::bigint, count(*) FROM watchkeeper.samples
    JOIN watchkeeper.series ON series.id = series_id WHERE source = $1 GROUP BY 1";
const NEWEST: &str = "SELECT DISTINCT ON (key) key, value FROM watchkeeper.samples
    JOIN watchkeeper.series ON series.id = series_id WHERE source = $1 ORDER BY key, at DESC";
const NOTIFICATIONS: &str = "SELECT subject, state, attempts FROM watchkeeper.notifications";

const STORED_EVENTS: &str =
    "SELECT message::bigint, count(*) FROM watchkeeper.events WHERE service = $1 GROUP BY 1";
const COUNTS: &str = "SELECT format('%s %s %s: %s counted, %s stored', minute, service, level, counted, stored),
        counted IS DISTINCT FROM stored
    FROM (SELECT \"time\" AS minute, service, level, sum(events)::bigint AS counted FROM watchkeeper.event_counts
          WHERE name = 'events' GROUP BY 1, 2, 3) counts
        FULL JOIN (SELECT date_trunc('minute', \"time\") AS minute, service, level, count(*) AS stored
                   FROM watchkeeper.events GROUP BY 1, 2, 3) rows USING (minute, service, level)";

/// A notification in the outbox.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) subject: String,
    /// `waiting`, `delivered` or `given up`.
    pub(crate) state: String,
    /// How often it was tried to send it, and could not be.
    pub(crate) attempts: i64,
}

pub(super) async fn stored(url: &str, source: &str) -> BTreeMap<u64, usize> {
    let rows = ask(url, STORED, &[&source]).await;
    let read =
        |row: &Row| (row.get::<_, i64>(0).try_into().unwrap(), row.get::<_, i64>(1).try_into().unwrap());
    rows.iter().map(read).collect()
}

pub(super) async fn stored_events(url: &str, service: &str) -> BTreeMap<u64, usize> {
    let rows = ask(url, STORED_EVENTS, &[&service]).await;
    let read =
        |row: &Row| (row.get::<_, i64>(0).try_into().unwrap(), row.get::<_, i64>(1).try_into().unwrap());
    rows.iter().map(read).collect()
}

pub(super) async fn wrong_counts(url: &str) -> (Vec<String>, usize) {
    let rows = ask(url, COUNTS, &[]).await;
    (rows.iter().filter(|row| row.get(1)).map(|row| row.get(0)).collect(), rows.len())
}

pub(super) async fn newest(url: &str, source: &str) -> BTreeMap<String, f64> {
    ask(url, NEWEST, &[&source]).await.iter().map(|row| (row.get(0), row.get(1))).collect()
}

pub(super) async fn notifications(url: &str) -> Vec<Notification> {
    let rows = ask(url, NOTIFICATIONS, &[]).await;
    let read = |row: &Row| Notification { subject: row.get(0), state: row.get(1), attempts: row.get(2) };
    rows.iter().map(read).collect()
}

async fn ask(url: &str, question: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let rows = client.query(question, parameters).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    rows
}
