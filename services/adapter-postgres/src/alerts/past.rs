//! Alerts of the past.

use super::alert::{COLUMNS, read};
use super::rows::Rows;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::count;
use deadpool_postgres::Transaction;
use std::collections::BTreeMap;
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{AlertKey, PastAlerts, PastKey};

/// Most alerts that one step of pruning removes.
const STEP_ROWS: i64 = 1_000;

const PUT: &str = "INSERT INTO past_alerts (rule, source, name, unit, labels, series_key,
                         severity, fired_at, cleared_at, value, reason,
                         acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
     SELECT new.rule, new.source, new.name, new.unit, new.labels, new.series_key,
            new.severity, new.fired_at, new.cleared_at, new.value, new.reason,
            coalesce(new.ack_at, stored.acknowledged_at), coalesce(new.ack_by, stored.acknowledged_by),
            coalesce(new.ack_comment, stored.acknowledged_comment),
            CASE WHEN new.ack_at IS NULL THEN stored.acknowledged_until ELSE new.ack_until END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::text[],
                 $8::timestamptz[], $9::timestamptz[], $10::double precision[], $11::text[],
                 $12::timestamptz[], $13::text[], $14::text[], $15::timestamptz[])
             AS new (rule, source, name, unit, labels, series_key, severity, fired_at, cleared_at, value, reason,
                     ack_at, ack_by, ack_comment, ack_until)
         LEFT JOIN alerts AS stored ON stored.rule = new.rule
             AND digest(stored.series_key) = digest(new.series_key) AND stored.fired_at = new.fired_at
     ON CONFLICT (rule, digest(series_key), fired_at) DO UPDATE SET
         severity = excluded.severity, cleared_at = excluded.cleared_at,
         value = excluded.value, reason = excluded.reason,
         acknowledged_at = coalesce(excluded.acknowledged_at, past_alerts.acknowledged_at),
         acknowledged_by = coalesce(excluded.acknowledged_by, past_alerts.acknowledged_by),
         acknowledged_comment = coalesce(excluded.acknowledged_comment, past_alerts.acknowledged_comment),
         acknowledged_until = CASE
             WHEN excluded.acknowledged_at IS NULL THEN past_alerts.acknowledged_until
             ELSE excluded.acknowledged_until END";
/// Of all alerts.
const OF_ALL: &str = "WHERE cleared_at >= $1 AND cleared_at <= $2
         AND (cleared_at, rule, series_key, fired_at) < ($2, $3, $4, $5)
     ORDER BY cleared_at DESC, rule DESC, series_key DESC, fired_at DESC LIMIT $6";
/// Of one rule and series.
const OF_ONE: &str = "WHERE rule = $7 AND digest(series_key) = digest($8) AND cleared_at >= $1
         AND (cleared_at, rule, series_key, fired_at) < ($2, $3, $4, $5)
     ORDER BY cleared_at DESC, fired_at DESC LIMIT $6";
const PRUNE_OLD: &str = "DELETE FROM past_alerts WHERE number IN
     (SELECT number FROM past_alerts WHERE cleared_at < $1 ORDER BY cleared_at LIMIT $2)";
const PRUNE_BEYOND: &str = "DELETE FROM past_alerts WHERE number IN
     (SELECT number FROM past_alerts
      ORDER BY cleared_at DESC, rule DESC, series_key DESC, fired_at DESC LIMIT $1 OFFSET $2)";

/// Stores those that have cleared, each in place of the one of the same rule, series and beginning. One that is not
/// acknowledged keeps what is stored of that.
pub(super) async fn put<'a>(
    transaction: &Transaction<'_>,
    alerts: impl Iterator<Item = &'a Alert>,
) -> Result<(), Error> {
    // A fixed order avoids deadlocks; the last one of the same beginning wins.
    let last: BTreeMap<_, _> = alerts
        .filter(|alert| !alert.is_firing())
        .map(|alert| ((alert.rule.as_str(), alert.series.key(), alert.fired_at), alert))
        .collect();
    if last.is_empty() {
        return Ok(());
    }
    let alerts: Vec<&Alert> = last.into_values().collect();
    let put = transaction.prepare_cached(PUT).await?;
    transaction.execute(&put, &Rows::of(&alerts).parameters()).await?;
    Ok(())
}

/// The last to clear first.
pub(super) async fn page(connection: &Connection, question: &PastAlerts) -> Result<Vec<Alert>, Error> {
    let PastAlerts { of, since, after, limit } = question;
    let (since, limit) = (Instant(*since), count(*limit));
    // Before every alert: no rule has such a name.
    let first = || PastKey {
        cleared_at: Timestamp::MAX,
        key: AlertKey { rule: char::MAX.to_string(), series_key: String::new() },
        fired_at: Timestamp::MAX,
    };
    let PastKey { cleared_at, key, fired_at } = after.clone().unwrap_or_else(first);
    let (cleared_at, fired_at) = (Instant(cleared_at), Instant(fired_at));
    let rows = match of {
        None => {
            let sql = format!("SELECT {COLUMNS} FROM past_alerts {OF_ALL}");
            let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&since, &cleared_at, &key.rule, &key.series_key, &fired_at, &limit];
            connection.query(&sql, &params).await?
        }
        Some(of) => {
            let sql = format!("SELECT {COLUMNS} FROM past_alerts {OF_ONE}");
            let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
                &since,
                &cleared_at,
                &key.rule,
                &key.series_key,
                &fired_at,
                &limit,
                &of.rule,
                &of.series_key,
            ];
            connection.query(&sql, &params).await?
        }
    };
    rows.iter().map(read).collect()
}

/// Removes what cleared before `before`, and all but the last `most` to clear, in steps; returns how many.
pub(super) async fn prune(connection: &Connection, before: Timestamp, most: u64) -> Result<u64, Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut removed = 0;
    loop {
        let old = connection.execute(PRUNE_OLD, &[&Instant(before), &STEP_ROWS]).await?;
        let beyond = connection.execute(PRUNE_BEYOND, &[&STEP_ROWS, &most]).await?;
        removed += old + beyond;
        if old.max(beyond) < STEP_ROWS.unsigned_abs() {
            return Ok(removed);
        }
    }
}
