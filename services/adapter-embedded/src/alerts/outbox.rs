//! The outbox: notifications until they are sent, and for a while after.

use super::notification::{COLUMNS, DELIVERED, GIVEN_UP, SUPERSEDED, WAITING, read, state_columns};
use crate::sqlite::{Error, select_rows};
use rusqlite::{Connection, OptionalExtension, Params};
use std::time::Duration;
use watchkeeper_domain::{Notification, Timestamp};
use watchkeeper_ports::{About, Claimed, Lease, Outcome, Retried, Tenure};

/// Most notifications that one step of pruning removes: some milliseconds, during which nobody else writes.
pub(super) const STEP_ROWS: u64 = 1_000;

/// Due notifications that no earlier one for the same recipient and group blocks, longest due first, then in
/// order of insertion.
const DUE: &str = "AS due WHERE state = ?1 AND at <= ?2 AND NOT EXISTS (
         SELECT 1 FROM notifications AS earlier
         WHERE earlier.state = 'waiting' AND earlier.group_name = due.group_name
             AND earlier.recipient = due.recipient AND earlier.channel = due.channel
             AND earlier.number < due.number)
     ORDER BY at, number LIMIT ?3";
/// Gives the state `superseded` to those with a newer one for the same recipient and group, if they are due or wait after
/// a failed attempt.
const SUPERSEDE: &str = "UPDATE notifications AS older SET state = ?2, at = ?1, reason = (
         SELECT id FROM notifications AS newer
         WHERE newer.state = 'waiting' AND newer.group_name = older.group_name
             AND newer.recipient = older.recipient AND newer.channel = older.channel
         ORDER BY newer.number DESC LIMIT 1)
     WHERE state = 'waiting' AND (at <= ?1 OR attempts > 0 AND claimed = 0) AND EXISTS (
         SELECT 1 FROM notifications AS newer
         WHERE newer.state = 'waiting' AND newer.group_name = older.group_name
             AND newer.recipient = older.recipient AND newer.channel = older.channel
             AND newer.number > older.number)";
/// Makes due at `?1` what waits for the recipient of `?2` after a failed attempt.
const WAKE: &str = "UPDATE notifications SET at = ?1
     WHERE state = 'waiting' AND claimed = 0 AND attempts > 0 AND at > ?1
         AND (channel, recipient) = (SELECT channel, recipient FROM notifications WHERE id = ?2)";
/// Newest first; of two of the same age, the one that was inserted last.
const NEWEST: &str = "ORDER BY made_at DESC, number DESC LIMIT ?1";

/// About one alert, newest first.
const ABOUT: &str =
    "WHERE number IN (SELECT number FROM notified_alerts WHERE alert = ?1 ORDER BY number DESC LIMIT ?2)
     ORDER BY made_at DESC, number DESC";
/// Whether a newer one for the recipient and group of `?1` waits or was delivered.
const IS_OUTDATED: &str = "SELECT EXISTS (
     SELECT 1 FROM notifications AS this JOIN notifications AS newer ON newer.made_at >= this.made_at
         AND newer.number > this.number AND newer.group_name = this.group_name
         AND newer.recipient = this.recipient AND newer.channel = this.channel
     WHERE this.id = ?1 AND newer.state IN (?2, ?3))";

/// Inserts notifications with new ids.
pub(super) fn insert(conn: &Connection, notifications: &[Notification]) -> Result<(), Error> {
    let mut insert = conn.prepare_cached(&format!(
        "INSERT INTO notifications ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (id) DO NOTHING"
    ))?;
    for notification in notifications {
        let (state, attempts, at, reason) = state_columns(&notification.state);
        insert.execute((
            &notification.id,
            &notification.group,
            notification.channel.name(),
            &notification.recipient,
            &notification.subject,
            &notification.body,
            notification.made_at.as_micros(),
            state,
            attempts,
            at.as_micros(),
            reason,
        ))?;
    }
    Ok(())
}

/// Supersedes what a newer one takes the place of, and claims due notifications, which are not due again before the lease
/// has ended.
pub(super) fn claim(
    conn: &Connection,
    now: Timestamp,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Claimed>, Error> {
    conn.prepare_cached(SUPERSEDE)?.execute((now.as_micros(), SUPERSEDED))?;
    let due = select(conn, DUE, (WAITING, now.as_micros(), limit))?;
    let mut postpone = conn.prepare_cached("UPDATE notifications SET at = ?2, claimed = 1 WHERE id = ?1")?;
    let end = now.plus(lease);
    let mut claimed = Vec::with_capacity(due.len());
    for notification in due {
        postpone.execute((&notification.id, end.as_micros()))?;
        claimed.push(Claimed { lease: Lease::new(&*notification.id, end), notification });
    }
    Ok(claimed)
}

/// Extends the lease to the requested end, if its holder still has it.
pub(super) fn renew(conn: &Connection, lease: &Lease) -> Result<Tenure, Error> {
    let [end, asked_for] = lease.ends().map(Timestamp::as_micros);
    let renewed = conn
        .prepare_cached("UPDATE notifications SET at = ?4 WHERE id = ?1 AND state = ?2 AND at IN (?3, ?4)")?
        .execute((lease.id(), WAITING, end, asked_for))?;
    Ok(tenure(renewed))
}

fn tenure(rows: usize) -> Tenure {
    if rows == 0 { Tenure::Lost } else { Tenure::Held }
}

/// Records the outcome of an attempt, if the notification still waits and the lease is held; a delivery in
/// any case, which makes due what waits for the same recipient.
pub(super) fn settle(conn: &Connection, lease: &Lease, outcome: &Outcome) -> Result<Tenure, Error> {
    let (state, at, reason) = match outcome {
        Outcome::Delivered { at } => (DELIVERED, at, None),
        Outcome::Failed { retry_at: at, reason } | Outcome::Postponed { until: at, reason } => {
            (WAITING, at, Some(reason))
        }
        Outcome::GivenUp { at, reason } => (GIVEN_UP, at, Some(reason)),
    };
    let attempts = i64::from(!matches!(outcome, Outcome::Postponed { .. }));
    let [end, perhaps] = lease.ends().map(Timestamp::as_micros);
    let settled = conn
        .prepare_cached(
            "UPDATE notifications SET state = ?2, attempts = attempts + ?9, at = ?3, reason = ?4, claimed = 0
             WHERE id = ?1 AND state = ?5 AND (at IN (?6, ?7) OR ?2 = ?8)",
        )?
        .execute((lease.id(), state, at.as_micros(), reason, WAITING, end, perhaps, DELIVERED, attempts))?;
    if settled > 0 && state == DELIVERED {
        conn.prepare_cached(WAKE)?.execute((at.as_micros(), lease.id()))?;
    }
    Ok(tenure(settled))
}

/// Notes which alerts the notifications are about.
pub(super) fn link(conn: &Connection, about: &[About]) -> Result<(), Error> {
    let mut link = conn.prepare_cached(
        "INSERT OR IGNORE INTO notified_alerts (alert, number) SELECT ?2, number FROM notifications WHERE id = ?1",
    )?;
    for About { notification, alerts } in about {
        for alert in alerts {
            link.execute((notification, alert))?;
        }
    }
    Ok(())
}

/// The newest `limit` about this alert, newest first.
pub(super) fn about(conn: &Connection, alert: &str, limit: usize) -> Result<Vec<Notification>, Error> {
    select(conn, ABOUT, (alert, limit))
}

/// Makes one due that waits for its next attempt or was given up, unless there is a newer one.
pub(super) fn retry(conn: &Connection, id: &str, now: Timestamp) -> Result<Retried, Error> {
    let found = conn
        .prepare_cached("SELECT state, at <= ?2, claimed FROM notifications WHERE id = ?1")?
        .query_row((id, now.as_micros()), |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((state, is_due, is_claimed)): Option<(_, bool, bool)> = found else {
        return Ok(Retried::Unknown);
    };
    match state.as_str() {
        WAITING if is_due || is_claimed => return Ok(Retried::UnderWay),
        WAITING | GIVEN_UP => {}
        _ => return Ok(Retried::Settled),
    }
    if conn.prepare_cached(IS_OUTDATED)?.query_row((id, WAITING, DELIVERED), |row| row.get(0))? {
        return Ok(Retried::Outdated);
    }
    conn.prepare_cached(
        "UPDATE notifications SET attempts = CASE WHEN state = ?2 THEN attempts ELSE 0 END, state = ?2, at = ?3
         WHERE id = ?1",
    )?
    .execute((id, WAITING, now.as_micros()))?;
    Ok(Retried::Due)
}

/// The newest `limit`, newest first.
pub(super) fn newest(conn: &Connection, limit: usize) -> Result<Vec<Notification>, Error> {
    select(conn, NEWEST, [limit])
}

pub(super) fn waiting(conn: &Connection) -> Result<u64, Error> {
    let count = conn
        .prepare_cached("SELECT count(*) FROM notifications WHERE state = ?1")?
        .query_row([WAITING], |row| row.get(0))?;
    Ok(count)
}

/// Removes up to [`STEP_ROWS`] that were created before `before` and do not wait; returns how many.
pub(super) fn prune_step(conn: &Connection, before: Timestamp) -> Result<u64, Error> {
    let removed = conn
        .prepare_cached(
            "DELETE FROM notifications WHERE number IN
                 (SELECT number FROM notifications WHERE made_at < ?1 AND state <> ?2 LIMIT ?3)",
        )?
        .execute((before.as_micros(), WAITING, STEP_ROWS))?;
    Ok(removed as u64)
}

fn select(conn: &Connection, which: &str, params: impl Params) -> Result<Vec<Notification>, Error> {
    select_rows(conn, &format!("SELECT {COLUMNS} FROM notifications {which}"), params, read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::MIGRATIONS;
    use crate::sqlite::plan;
    use watchkeeper_domain::{Channel, NotificationState};

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    #[test]
    fn the_due_and_the_newest_come_from_an_index_in_their_order() {
        let conn = database();
        let plan = |which| plan(&conn, &format!("SELECT {COLUMNS} FROM notifications {which}"));
        let in_turn = "notifications_in_turn (group_name=? AND recipient=? AND channel=? AND number<?)";
        assert_eq!(
            plan(DUE),
            [
                "SEARCH due USING INDEX notifications_by_state (state=? AND at<?)".to_owned(),
                "CORRELATED SCALAR SUBQUERY 1".to_owned(),
                format!("SEARCH earlier USING COVERING INDEX {in_turn}"),
            ]
        );
        let supersede = crate::sqlite::plan(&conn, SUPERSEDE).join("\n");
        assert!(
            supersede.contains(
                &format!("SEARCH newer USING COVERING INDEX {in_turn}").replace("number<?", "number>?")
            ),
            "{supersede}"
        );
        assert!(
            supersede.contains("SEARCH older USING INDEX notifications_by_state (state=?)"),
            "{supersede}"
        );
        let about = plan(ABOUT).join("\n");
        assert!(about.contains("SEARCH notified_alerts USING PRIMARY KEY (alert=?)"), "{about}");
        assert_eq!(plan(NEWEST), ["SCAN notifications USING INDEX notifications_by_age"]);
    }

    #[test]
    fn a_step_of_pruning_removes_a_limited_number() {
        let conn = database();
        let made = |number: u64| Notification {
            id: number.to_string(),
            group: String::new(),
            channel: Channel::Mail,
            recipient: String::new(),
            subject: String::new(),
            body: String::new(),
            made_at: Timestamp::MIN,
            state: NotificationState::Delivered { at: Timestamp::MIN },
        };
        let many: Vec<_> = (0..=STEP_ROWS).map(made).collect();
        insert(&conn, &many).unwrap();
        let steps = [(); 3].map(|()| prune_step(&conn, Timestamp::MAX).unwrap());
        assert_eq!(steps, [STEP_ROWS, 1, 0]);
    }
}
