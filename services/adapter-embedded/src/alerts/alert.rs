//! Alerts.

use crate::series::columns;
use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::{CachedStatement, Connection, Row, params};
use std::sync::Arc;
use watchkeeper_domain::{Acknowledgement, Alert, Severity, Timestamp};
use watchkeeper_ports::AlertKey;

/// What [`read`] reads.
pub(super) const COLUMNS: &str =
    "source, name, unit, labels, rule, severity, fired_at, cleared_at, value, reason,
     acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until";
const BY_KEY: &str = "WHERE (rule, series_key) > (?1, ?2) ORDER BY rule, series_key LIMIT ?3";

/// Stores alerts; each replaces the one of the same rule and series. One that is not acknowledged keeps the stored
/// acknowledgement if it fires since the same instant.
pub(super) fn put(conn: &Connection, alerts: &[Alert]) -> Result<(), Error> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO alerts (rule, series_key, source, name, unit, labels,
                             severity, fired_at, cleared_at, value, reason,
                             acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT DO UPDATE SET
             severity = excluded.severity, fired_at = excluded.fired_at, cleared_at = excluded.cleared_at,
             value = excluded.value, reason = excluded.reason,
             acknowledged_at = coalesce(excluded.acknowledged_at, CASE
                 WHEN alerts.fired_at = excluded.fired_at THEN alerts.acknowledged_at END),
             acknowledged_by = coalesce(excluded.acknowledged_by, alerts.acknowledged_by),
             acknowledged_comment = coalesce(excluded.acknowledged_comment, alerts.acknowledged_comment),
             acknowledged_until = CASE
                 WHEN excluded.acknowledged_at IS NULL THEN alerts.acknowledged_until
                 ELSE excluded.acknowledged_until END",
    )?;
    for alert in alerts {
        store(&mut upsert, alert)?;
    }
    Ok(())
}

/// Runs a statement whose parameters are the columns of an alert, from `rule` and `series_key` on.
pub(super) fn store(upsert: &mut CachedStatement<'_>, alert: &Alert) -> Result<(), Error> {
    let ack = ack_columns(alert);
    upsert.execute(params![
        &alert.rule,
        alert.series.key(),
        alert.series.source(),
        alert.series.name(),
        alert.series.unit(),
        columns::labels(&alert.series)?,
        alert.severity.name(),
        alert.fired_at.as_micros(),
        alert.cleared_at.map(Timestamp::as_micros),
        alert.value,
        &alert.reason,
        ack.0,
        ack.1,
        ack.2,
        ack.3,
    ])?;
    Ok(())
}

/// The columns `acknowledged_at`, `acknowledged_by`, `acknowledged_comment`, `acknowledged_until`.
type AckColumns<'a> = (Option<i64>, Option<&'a str>, Option<&'a str>, Option<i64>);

fn ack_columns(alert: &Alert) -> AckColumns<'_> {
    let Some(Acknowledgement { at, by, comment, until }) = &alert.acknowledged else {
        return (None, None, None, None);
    };
    (Some(at.as_micros()), Some(by), Some(comment), until.map(Timestamp::as_micros))
}

/// The first `limit` after the given one.
pub(super) fn page(conn: &Connection, after: Option<&AlertKey>, limit: usize) -> Result<Vec<Alert>, Error> {
    let after = after.map_or(("", ""), |key| (&key.rule, &key.series_key));
    select_rows(conn, &format!("SELECT {COLUMNS} FROM alerts {BY_KEY}"), (after.0, after.1, limit), read)
}

/// Acknowledges those that fire since the given instants, or takes that back; returns how many.
pub(super) fn acknowledge(
    conn: &Connection,
    firing: &[(AlertKey, Timestamp)],
    acknowledgement: Option<&Acknowledgement>,
) -> Result<u64, Error> {
    let mut update = conn.prepare_cached(
        "UPDATE alerts SET acknowledged_at = ?4, acknowledged_by = ?5, acknowledged_comment = ?6,
             acknowledged_until = ?7
         WHERE rule = ?1 AND series_key = ?2 AND fired_at = ?3 AND cleared_at IS NULL",
    )?;
    let at = acknowledgement.map(|ack| ack.at.as_micros());
    let (by, comment) = (acknowledgement.map(|ack| &ack.by), acknowledgement.map(|ack| &ack.comment));
    let until = acknowledgement.and_then(|ack| ack.until).map(Timestamp::as_micros);
    let mut acknowledged = 0;
    for (AlertKey { rule, series_key }, fired_at) in firing {
        acknowledged +=
            update.execute((rule, series_key, fired_at.as_micros(), at, by, comment, until))? as u64;
    }
    Ok(acknowledged)
}

/// Removes those that cleared at the given instants.
pub(super) fn remove(conn: &Connection, cleared: &[(AlertKey, Timestamp)]) -> Result<(), Error> {
    let mut delete =
        conn.prepare_cached("DELETE FROM alerts WHERE rule = ?1 AND series_key = ?2 AND cleared_at = ?3")?;
    for (AlertKey { rule, series_key }, at) in cleared {
        delete.execute((rule, series_key, at.as_micros()))?;
    }
    Ok(())
}

/// The alert in a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Alert, Error> {
    let severity: String = row.get(5)?;
    let cleared_at: Option<i64> = row.get(7)?;
    Ok(Alert {
        rule: row.get(4)?,
        series: Arc::new(columns::read(row, 0)?),
        severity: severity_of(&severity)?,
        fired_at: timestamp(row.get(6)?)?,
        cleared_at: cleared_at.map(timestamp).transpose()?,
        value: row.get(8)?,
        reason: row.get(9)?,
        acknowledged: acknowledgement(row)?,
    })
}

fn acknowledgement(row: &Row<'_>) -> Result<Option<Acknowledgement>, Error> {
    let Some(at) = row.get::<_, Option<i64>>(10)? else { return Ok(None) };
    Ok(Some(Acknowledgement {
        at: timestamp(at)?,
        by: row.get(11)?,
        comment: row.get(12)?,
        until: row.get::<_, Option<i64>>(13)?.map(timestamp).transpose()?,
    }))
}

fn severity_of(text: &str) -> Result<Severity, Error> {
    text.parse().map_err(|unknown| Error::Broken(format!("an alert's severity {unknown}, is {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::MIGRATIONS;
    use crate::sqlite::plan;

    #[test]
    fn a_page_is_found_without_a_look_at_the_others() {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        assert_eq!(
            plan(&conn, &format!("SELECT {COLUMNS} FROM alerts {BY_KEY}")),
            ["SEARCH alerts USING PRIMARY KEY ((rule,series_key)>(?,?))"]
        );
    }
}
