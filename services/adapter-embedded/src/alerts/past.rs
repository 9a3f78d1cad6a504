//! Alerts of the past.

use super::alert::{self, COLUMNS};
use crate::sqlite::{Error, select_rows};
use rusqlite::{Connection, Params, params};
use watchkeeper_domain::{Alert, Timestamp};
use watchkeeper_ports::{PastAlerts, PastKey};

/// Most alerts that one step of pruning removes: some milliseconds, during which nobody else writes.
pub(super) const STEP_ROWS: u64 = 1_000;

/// Of all alerts.
const OF_ALL: &str = "WHERE cleared_at >= ?1 AND (cleared_at, rule, series_key, fired_at) < (?2, ?3, ?4, ?5)
     ORDER BY cleared_at DESC, rule DESC, series_key DESC, fired_at DESC LIMIT ?6";
/// Of one rule and series.
const OF_ONE: &str = "WHERE rule = ?7 AND series_key = ?8 AND cleared_at >= ?1
         AND (cleared_at, rule, series_key, fired_at) < (?2, ?3, ?4, ?5)
     ORDER BY cleared_at DESC, fired_at DESC LIMIT ?6";

/// Stores those that have cleared, each in place of the one of the same rule, series and beginning. One that is not
/// acknowledged keeps what is stored of that.
pub(super) fn put<'a>(conn: &Connection, alerts: impl Iterator<Item = &'a Alert>) -> Result<(), Error> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO past_alerts (rule, series_key, source, name, unit, labels,
                                  severity, fired_at, cleared_at, value, reason,
                                  acknowledged_at, acknowledged_by, acknowledged_comment, acknowledged_until)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                coalesce(?12, stored.acknowledged_at), coalesce(?13, stored.acknowledged_by),
                coalesce(?14, stored.acknowledged_comment),
                CASE WHEN ?12 IS NULL THEN stored.acknowledged_until ELSE ?15 END
         FROM (SELECT 1) LEFT JOIN alerts AS stored
             ON stored.rule = ?1 AND stored.series_key = ?2 AND stored.fired_at = ?8
         WHERE true
         ON CONFLICT (rule, series_key, fired_at) DO UPDATE SET
             severity = excluded.severity, cleared_at = excluded.cleared_at,
             value = excluded.value, reason = excluded.reason,
             acknowledged_at = coalesce(excluded.acknowledged_at, past_alerts.acknowledged_at),
             acknowledged_by = coalesce(excluded.acknowledged_by, past_alerts.acknowledged_by),
             acknowledged_comment = coalesce(excluded.acknowledged_comment, past_alerts.acknowledged_comment),
             acknowledged_until = CASE
                 WHEN excluded.acknowledged_at IS NULL THEN past_alerts.acknowledged_until
                 ELSE excluded.acknowledged_until END",
    )?;
    for alert in alerts.filter(|alert| alert.cleared_at.is_some()) {
        alert::store(&mut upsert, alert)?;
    }
    Ok(())
}

/// The last to clear first.
pub(super) fn page(conn: &Connection, question: &PastAlerts) -> Result<Vec<Alert>, Error> {
    let PastAlerts { of, since, after, limit } = question;
    // Nothing is past this: no instant is so late.
    let (cleared_at, rule, series_key, fired_at) = match after {
        Some(PastKey { cleared_at, key, fired_at }) => {
            (cleared_at.as_micros(), &*key.rule, &*key.series_key, fired_at.as_micros())
        }
        None => (i64::MAX, "", "", 0),
    };
    let since = since.as_micros();
    match of {
        None => select(conn, OF_ALL, params![since, cleared_at, rule, series_key, fired_at, limit]),
        Some(of) => {
            let of = (&of.rule, &of.series_key);
            select(conn, OF_ONE, params![since, cleared_at, rule, series_key, fired_at, limit, of.0, of.1])
        }
    }
}

fn select(conn: &Connection, which: &str, params: impl Params) -> Result<Vec<Alert>, Error> {
    select_rows(conn, &format!("SELECT {COLUMNS} FROM past_alerts {which}"), params, alert::read)
}

/// Removes up to [`STEP_ROWS`] that cleared before `before`, or come after the first `most`; returns how many.
pub(super) fn prune_step(conn: &Connection, before: Timestamp, most: u64) -> Result<u64, Error> {
    let old = conn
        .prepare_cached(
            "DELETE FROM past_alerts WHERE number IN
                 (SELECT number FROM past_alerts WHERE cleared_at < ?1 ORDER BY cleared_at LIMIT ?2)",
        )?
        .execute((before.as_micros(), STEP_ROWS))? as u64;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let beyond = conn
        .prepare_cached(
            "DELETE FROM past_alerts WHERE number IN
                 (SELECT number FROM past_alerts
                  ORDER BY cleared_at DESC, rule DESC, series_key DESC, fired_at DESC LIMIT ?1 OFFSET ?2)",
        )?
        .execute((STEP_ROWS - old, most))? as u64;
    Ok(old + beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::MIGRATIONS;
    use crate::sqlite::plan;
    use std::sync::Arc;
    use std::time::Duration;
    use watchkeeper_domain::{Series, Severity};

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    #[test]
    fn a_page_comes_from_an_index_in_its_order() {
        let conn = database();
        let plan = |which| plan(&conn, &format!("SELECT {COLUMNS} FROM past_alerts {which}")).join("\n");
        let all = plan(OF_ALL);
        assert!(
            all.contains("SEARCH past_alerts USING INDEX past_alerts_in_order (cleared_at>? AND"),
            "{all}"
        );
        assert!(!all.contains("TEMP B-TREE"), "{all}");
        let one = plan(OF_ONE);
        assert!(one.contains("(rule=? AND series_key=?)") || one.contains("past_alerts_in_order"), "{one}");
    }

    #[test]
    fn a_step_of_pruning_removes_a_limited_number() {
        let conn = database();
        let at = |second: u64| Timestamp::MIN.plus(Duration::from_secs(second));
        let cleared = |number: u64| Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[]).unwrap()),
            severity: Severity::Info,
            fired_at: at(number),
            cleared_at: Some(at(number + 1)),
            value: None,
            reason: String::new(),
            acknowledged: None,
        };
        let many: Vec<_> = (0..=STEP_ROWS).map(cleared).collect();
        put(&conn, many.iter()).unwrap();
        assert_eq!(prune_step(&conn, Timestamp::MIN, STEP_ROWS + 1).unwrap(), 0);
        assert_eq!(prune_step(&conn, Timestamp::MAX, 0).unwrap(), STEP_ROWS);
        assert_eq!(prune_step(&conn, Timestamp::MIN, 0).unwrap(), 1);
    }

    #[test]
    fn what_had_cleared_before_the_past_was_kept_is_in_it() {
        let conn = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..4] {
            conn.execute_batch(step).unwrap();
        }
        let row = "('busy', 'host/load', 'host', 'load', '', '{}', 'info', 1000000";
        conn.execute_batch(&format!(
            "INSERT INTO alerts (rule, series_key, source, name, unit, labels, severity, fired_at, cleared_at, value, reason)
             VALUES {row}, 2000000, NULL, 'is 1');
             INSERT INTO memories (topic, partition, series_key, evaluation, state)
             VALUES ('metrics', 0, 'host/load', 1, x'01')"
        ))
        .unwrap();
        conn.execute_batch(MIGRATIONS[4]).unwrap();
        let question = PastAlerts { of: None, since: Timestamp::MIN, after: None, limit: 10 };
        let found = page(&conn, &question).unwrap();
        assert_eq!(found.iter().map(|alert| &*alert.reason).collect::<Vec<_>>(), ["is 1"]);
        let pending = crate::alerts::memory::pending(&conn, 10).unwrap();
        assert_eq!(pending.len(), 1, "nothing says that it is not pending");
    }
}
