//! The outbox: notifications until they are sent, and for a while after.

use super::row::{COLUMNS, DELIVERED, GIVEN_UP, SUPERSEDED, WAITING, read, state_columns};
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::series::count;
use deadpool_postgres::Transaction;
use std::time::Duration;
use tokio_postgres::Row;
use watchkeeper_domain::{Notification, Timestamp};
use watchkeeper_ports::{About, Claimed, Lease, Outcome, Retried, Tenure};

/// Most notifications that one step of pruning removes.
const STEP_ROWS: i64 = 1_000;

const RENEW: &str = "UPDATE notifications SET at = $4 WHERE id = $1 AND state = $2 AND at IN ($3, $4)";
const SETTLE: &str =
    "UPDATE notifications SET state = $2, attempts = attempts + $9, at = $3, reason = $4, claimed = false
     WHERE id = $1 AND state = $5 AND (at IN ($6, $7) OR $2 = $8)";
/// Gives the state `superseded` to those with a newer one for the same recipient and group, if they are due or wait after
/// a failed attempt. Rows that a concurrent claim has locked are skipped.
const SUPERSEDE: &str = "WITH overtaken AS (
         SELECT number AS overtaken_number, (
             SELECT id FROM notifications AS newer
             WHERE newer.state = 'waiting' AND digest(newer.group_name) = digest(older.group_name)
                 AND digest(newer.recipient) = digest(older.recipient) AND newer.channel = older.channel
             ORDER BY newer.number DESC LIMIT 1) AS newest
         FROM notifications AS older
         WHERE state = 'waiting' AND (at <= $1 OR attempts > 0 AND NOT claimed) AND EXISTS (
             SELECT 1 FROM notifications AS newer
             WHERE newer.state = 'waiting' AND digest(newer.group_name) = digest(older.group_name)
                 AND digest(newer.recipient) = digest(older.recipient) AND newer.channel = older.channel
                 AND newer.number > older.number)
         FOR UPDATE OF older SKIP LOCKED)
     UPDATE notifications SET state = $2, at = $1, reason = newest FROM overtaken WHERE number = overtaken_number";
/// Makes due at `$1` what waits for the recipient of `$2` after a failed attempt; what a concurrent claim has locked it
/// makes due itself.
const WAKE: &str = "WITH asleep AS (
         SELECT number AS asleep_number FROM notifications
         WHERE state = 'waiting' AND NOT claimed AND attempts > 0 AND at > $1
             AND (channel, recipient) = (SELECT channel, recipient FROM notifications WHERE id = $2)
         FOR UPDATE SKIP LOCKED)
     UPDATE notifications SET at = $1 FROM asleep WHERE number = asleep_number";
const WAIT: &str = "SELECT count(*) FROM notifications WHERE state = $1";
const PRUNE_STEP: &str = "DELETE FROM notifications WHERE number IN
     (SELECT number FROM notifications WHERE made_at < $1 AND state <> $2 LIMIT $3)";

const LINK: &str = "INSERT INTO notified_alerts (alert, number)
     SELECT about.alert, notifications.number
     FROM unnest($1::text[], $2::text[]) AS about (alert, id) JOIN notifications USING (id)
     ON CONFLICT DO NOTHING";
/// About one alert, newest first.
const ABOUT: &str =
    "WHERE number IN (SELECT number FROM notified_alerts WHERE alert = $1 ORDER BY number DESC LIMIT $2)
     ORDER BY made_at DESC, number DESC";
/// What a retry must know, and keep as it is.
const LOCK: &str = "SELECT state, at <= $2, claimed FROM notifications WHERE id = $1 FOR UPDATE";
/// Whether a newer one for the recipient and group of `$1` waits or was delivered.
const IS_OUTDATED: &str = "SELECT EXISTS (
     SELECT 1 FROM notifications AS this JOIN notifications AS newer ON newer.made_at >= this.made_at
         AND newer.number > this.number AND newer.group_name = this.group_name
         AND newer.recipient = this.recipient AND newer.channel = this.channel
     WHERE this.id = $1 AND newer.state IN ($2, $3))";
const RETRY: &str = "UPDATE notifications
     SET attempts = CASE WHEN state = $2 THEN attempts ELSE 0 END, state = $2, at = $3, claimed = false
     WHERE id = $1";

/// Inserts notifications with new ids.
pub(super) async fn insert(
    transaction: &Transaction<'_>,
    notifications: &[Notification],
) -> Result<(), Error> {
    if notifications.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Notification) -> &str| notifications.iter().map(of).collect::<Vec<_>>();
    let (ids, groups) = (text(|made| &made.id), text(|made| &made.group));
    let (channels, recipients) = (text(|made| made.channel.name()), text(|made| &made.recipient));
    let (subjects, bodies) = (text(|made| &made.subject), text(|made| &made.body));
    let made_at: Vec<_> = notifications.iter().map(|made| Instant(made.made_at)).collect();
    let (mut states, mut attempts, mut at, mut reasons) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for notification in notifications {
        let columns = state_columns(&notification.state);
        states.push(columns.0);
        attempts.push(columns.1);
        at.push(columns.2);
        reasons.push(columns.3);
    }
    let sql = format!(
        "INSERT INTO notifications ({COLUMNS})
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::timestamptz[], $8::text[], $9::bigint[], $10::timestamptz[], $11::text[])
         ON CONFLICT (id) DO NOTHING"
    );
    let insert = transaction.prepare_cached(&sql).await?;
    transaction
        .execute(
            &insert,
            &[
                &ids,
                &groups,
                &channels,
                &recipients,
                &subjects,
                &bodies,
                &made_at,
                &states,
                &attempts,
                &at,
                &reasons,
            ],
        )
        .await?;
    Ok(())
}

/// Supersedes what a newer one takes the place of. Then claims due notifications that no earlier one for the same
/// recipient and group blocks, longest due first, then in order of insertion. They are not due again before the lease has
/// ended. Rows that a concurrent claim has locked are skipped.
pub(super) async fn claim(
    connection: &Connection,
    now: Timestamp,
    lease: Duration,
    limit: usize,
) -> Result<Vec<Claimed>, Error> {
    let sql = format!(
        "WITH due AS (
             SELECT number AS due_number, at AS due_at FROM notifications
             WHERE state = $1 AND at <= $2 AND NOT EXISTS (
                 SELECT 1 FROM notifications AS earlier
                 WHERE earlier.state = $1 AND digest(earlier.group_name) = digest(notifications.group_name)
                     AND digest(earlier.recipient) = digest(notifications.recipient)
                     AND earlier.channel = notifications.channel AND earlier.number < notifications.number)
             ORDER BY at, number LIMIT $3 FOR UPDATE SKIP LOCKED),
         claimed AS (
             UPDATE notifications SET at = $4, claimed = true FROM due WHERE number = due_number
             RETURNING due_number, due_at, id, group_name, channel, recipient, subject, body, made_at, state,
                 attempts, reason)
         SELECT {claimed} FROM claimed ORDER BY due_at, due_number",
        claimed = COLUMNS.replace(" at,", " due_at,")
    );
    connection.execute(SUPERSEDE, &[&Instant(now), &SUPERSEDED]).await?;
    let end = now.plus(lease);
    let rows = connection.query(&sql, &[&WAITING, &Instant(now), &count(limit), &Instant(end)]).await?;
    let claimed = |row| {
        let notification = read(row)?;
        Ok(Claimed { lease: Lease::new(&*notification.id, end), notification })
    };
    rows.iter().map(claimed).collect()
}

/// Extends the lease to the requested end, if its holder still has it.
pub(super) async fn renew(connection: &Connection, lease: &Lease) -> Result<Tenure, Error> {
    let [end, asked_for] = lease.ends().map(Instant);
    let renewed = connection.execute(RENEW, &[&lease.id(), &WAITING, &end, &asked_for]).await?;
    Ok(tenure(renewed))
}

fn tenure(rows: u64) -> Tenure {
    if rows == 0 { Tenure::Lost } else { Tenure::Held }
}

/// Records the outcome of an attempt, if the notification still waits and the lease is held; a delivery in
/// any case, which makes due what waits for the same recipient.
pub(super) async fn settle(
    connection: &Connection,
    lease: &Lease,
    outcome: &Outcome,
) -> Result<Tenure, Error> {
    let (state, at, reason) = match outcome {
        Outcome::Delivered { at } => (DELIVERED, at, None),
        Outcome::Failed { retry_at: at, reason } | Outcome::Postponed { until: at, reason } => {
            (WAITING, at, Some(reason))
        }
        Outcome::GivenUp { at, reason } => (GIVEN_UP, at, Some(reason)),
    };
    let attempts = i64::from(!matches!(outcome, Outcome::Postponed { .. }));
    let [end, perhaps] = lease.ends().map(Instant);
    let (id, settled_at) = (lease.id(), Instant(*at));
    let settled = connection
        .execute(
            SETTLE,
            &[&id, &state, &settled_at, &reason, &WAITING, &end, &perhaps, &DELIVERED, &attempts],
        )
        .await?;
    if settled > 0 && state == DELIVERED {
        connection.execute(WAKE, &[&Instant(*at), &lease.id()]).await?;
    }
    Ok(tenure(settled))
}

/// Notes which alerts the notifications are about.
pub(super) async fn link(transaction: &Transaction<'_>, about: &[About]) -> Result<(), Error> {
    if about.is_empty() {
        return Ok(());
    }
    let pairs = about.iter().flat_map(|About { notification, alerts }| {
        alerts.iter().map(move |alert| (alert.as_str(), notification.as_str()))
    });
    let (alerts, ids): (Vec<&str>, Vec<&str>) = pairs.unzip();
    let link = transaction.prepare_cached(LINK).await?;
    transaction.execute(&link, &[&alerts, &ids]).await?;
    Ok(())
}

/// The newest `limit` about this alert, newest first.
pub(super) async fn about(
    connection: &Connection,
    alert: &str,
    limit: usize,
) -> Result<Vec<Notification>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM notifications {ABOUT}");
    let rows = connection.query(&sql, &[&alert, &count(limit)]).await?;
    rows.iter().map(read).collect()
}

/// Makes one due that waits for its next attempt or was given up, unless there is a newer one.
pub(super) async fn retry(connection: &mut Connection, id: &str, now: Timestamp) -> Result<Retried, Error> {
    let transaction = connection.transaction().await?;
    let retried = retry_within(&transaction, id, Instant(now)).await?;
    transaction.commit().await?;
    Ok(retried)
}

async fn retry_within(transaction: &Transaction<'_>, id: &str, now: Instant) -> Result<Retried, Error> {
    let lock = transaction.prepare_cached(LOCK).await?;
    let Some(row) = transaction.query_opt(&lock, &[&id, &now]).await? else { return Ok(Retried::Unknown) };
    let (is_due, is_claimed): (bool, bool) = (row.try_get(1)?, row.try_get(2)?);
    match row.try_get(0)? {
        WAITING if is_due || is_claimed => return Ok(Retried::UnderWay),
        WAITING | GIVEN_UP => {}
        _ => return Ok(Retried::Settled),
    }
    let is_outdated = transaction.prepare_cached(IS_OUTDATED).await?;
    if transaction.query_one(&is_outdated, &[&id, &WAITING, &DELIVERED]).await?.try_get(0)? {
        return Ok(Retried::Outdated);
    }
    let retry = transaction.prepare_cached(RETRY).await?;
    transaction.execute(&retry, &[&id, &WAITING, &now]).await?;
    Ok(Retried::Due)
}

/// The newest `limit`, newest first; of two of the same age, the one that was inserted last.
pub(super) async fn newest(connection: &Connection, limit: usize) -> Result<Vec<Notification>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM notifications ORDER BY made_at DESC, number DESC LIMIT $1");
    let rows = connection.query(&sql, &[&count(limit)]).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn waiting(connection: &Connection) -> Result<u64, Error> {
    let rows = connection.query(WAIT, &[&WAITING]).await?;
    let count: Option<i64> = rows.first().map(|row: &Row| row.try_get(0)).transpose()?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

/// Removes those created before `before` that do not wait, in steps; returns how many.
pub(super) async fn prune(connection: &Connection, before: Timestamp) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let step = connection.execute(PRUNE_STEP, &[&Instant(before), &WAITING, &STEP_ROWS]).await?;
        removed += step;
        if step < STEP_ROWS.unsigned_abs() {
            return Ok(removed);
        }
    }
}
