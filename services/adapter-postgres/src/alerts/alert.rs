//! Alerts.

use super::rows::Rows;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::columns;
use crate::series::count;
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;
use tokio_postgres::Row;
use watchkeeper_domain::{Acknowledgement, Alert, Severity, Timestamp};
use watchkeeper_ports::AlertKey;

const PUT: &str = "INSERT INTO alerts (rule, source, name, unit, labels, series_key,
                         severity, fired_at, cleared_at, value, reason,
                         acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[],
                          $8::timestamptz[], $9::timestamptz[], $10::double precision[], $11::text[],
                          $12::timestamptz[], $13::text[], $14::text[], $15::timestamptz[])
     ON CONFLICT (rule, digest(series_key)) DO UPDATE SET
         severity = excluded.severity, fired_at = excluded.fired_at, cleared_at = excluded.cleared_at,
         value = excluded.value, reason = excluded.reason,
         acknowledged_at = coalesce(excluded.acknowledged_at, CASE
             WHEN alerts.fired_at = excluded.fired_at THEN alerts.acknowledged_at END),
         acknowledged_by = coalesce(excluded.acknowledged_by, alerts.acknowledged_by),
         acknowledged_comment = coalesce(excluded.acknowledged_comment, alerts.acknowledged_comment),
         acknowledged_until = CASE
             WHEN excluded.acknowledged_at IS NULL THEN alerts.acknowledged_until
             ELSE excluded.acknowledged_until END";
/// What [`read`] reads.
pub(super) const COLUMNS: &str =
    "source, name, unit, labels, rule, severity, fired_at, cleared_at, value, reason,
     acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until";
const PAGE: &str =
    "WHERE (rule, left(series_key, 512)) >= ($1, left($2, 512)) AND (rule, series_key) > ($1, $2)
     ORDER BY rule, left(series_key, 512), series_key LIMIT $3";
const ACKNOWLEDGE: &str =
    "UPDATE alerts SET acknowledged_at = $4, acknowledged_by = $5, acknowledged_comment = $6,
         acknowledged_until = $7
     FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS firing (rule, series_key, at)
     WHERE alerts.rule = firing.rule AND digest(alerts.series_key) = digest(firing.series_key)
         AND alerts.fired_at = firing.at AND alerts.cleared_at IS NULL";
const REMOVE: &str = "DELETE FROM alerts USING unnest($1::text[], $2::text[], $3::timestamptz[])
         AS cleared (rule, series_key, at)
     WHERE alerts.rule = cleared.rule AND digest(alerts.series_key) = digest(cleared.series_key)
         AND alerts.cleared_at = cleared.at";

/// Stores alerts; each replaces the one of the same rule and series. One that is not acknowledged keeps the stored
/// acknowledgement if it fires since the same instant.
pub(super) async fn put(transaction: &Transaction<'_>, alerts: &[Alert]) -> Result<(), Error> {
    if alerts.is_empty() {
        return Ok(());
    }
    // A fixed order avoids deadlocks; the last alert of one rule and series wins.
    let last: BTreeMap<_, _> =
        alerts.iter().map(|alert| ((alert.rule.as_str(), alert.series.key()), alert)).collect();
    let alerts: Vec<&Alert> = last.into_values().collect();
    let put = transaction.prepare_cached(PUT).await?;
    transaction.execute(&put, &Rows::of(&alerts).parameters()).await?;
    Ok(())
}

/// The first `limit` after the given one.
pub(super) async fn page(
    connection: &Connection,
    after: Option<&AlertKey>,
    limit: usize,
) -> Result<Vec<Alert>, Error> {
    let (rule, series_key) = after.map_or(("", ""), |key| (&key.rule, &key.series_key));
    let sql = format!("SELECT {COLUMNS} FROM alerts {PAGE}");
    let rows = connection.query(&sql, &[&rule, &series_key, &count(limit)]).await?;
    rows.iter().map(read).collect()
}

/// Acknowledges those that fire since the given instants, or takes that back; returns how many.
pub(super) async fn acknowledge(
    connection: &Connection,
    firing: &[(AlertKey, Timestamp)],
    acknowledgement: Option<&Acknowledgement>,
) -> Result<u64, Error> {
    let rules: Vec<&str> = firing.iter().map(|(key, _)| key.rule.as_str()).collect();
    let keys: Vec<&str> = firing.iter().map(|(key, _)| key.series_key.as_str()).collect();
    let fired: Vec<Instant> = firing.iter().map(|(_, at)| Instant(*at)).collect();
    let at = acknowledgement.map(|ack| Instant(ack.at));
    let (by, comment) = (acknowledgement.map(|ack| &ack.by), acknowledgement.map(|ack| &ack.comment));
    let until = acknowledgement.and_then(|ack| ack.until).map(Instant);
    connection.execute(ACKNOWLEDGE, &[&rules, &keys, &fired, &at, &by, &comment, &until]).await
}

/// Removes those that cleared at the given instants.
pub(super) async fn remove(connection: &Connection, cleared: &[(AlertKey, Timestamp)]) -> Result<(), Error> {
    let rules: Vec<&str> = cleared.iter().map(|(key, _)| key.rule.as_str()).collect();
    let keys: Vec<&str> = cleared.iter().map(|(key, _)| key.series_key.as_str()).collect();
    let instants: Vec<Instant> = cleared.iter().map(|(_, at)| Instant(*at)).collect();
    connection.execute(REMOVE, &[&rules, &keys, &instants]).await?;
    Ok(())
}

/// The alert in a row of [`COLUMNS`].
pub(super) fn read(row: &Row) -> Result<Alert, Error> {
    Ok(Alert {
        rule: row.try_get(4)?,
        series: columns::read(row, 0)?,
        severity: severity(row.try_get(5)?)?,
        fired_at: row.try_get::<_, Instant>(6)?.0,
        cleared_at: row.try_get::<_, Option<Instant>>(7)?.map(|Instant(at)| at),
        value: row.try_get(8)?,
        reason: row.try_get(9)?,
        acknowledged: acknowledgement(row)?,
    })
}

fn acknowledgement(row: &Row) -> Result<Option<Acknowledgement>, Error> {
    let Some(Instant(at)) = row.try_get(10)? else { return Ok(None) };
    Ok(Some(Acknowledgement {
        at,
        by: row.try_get(11)?,
        comment: row.try_get(12)?,
        until: row.try_get::<_, Option<Instant>>(13)?.map(|Instant(at)| at),
    }))
}

fn severity(text: &str) -> Result<Severity, Error> {
    text.parse().map_err(|unknown| Error::Broken(format!("an alert's severity {unknown}, is {text:?}")))
}
