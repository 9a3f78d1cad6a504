//! Retention: prunes records from the bus.

use super::assignments::Assignments;
use super::log::{self, Log};
use super::positions;
use crate::EmbeddedOptions;
use crate::sqlite::{Error, select_rows, timestamp};
use rusqlite::Connection;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Offset, Topic};

/// Rows that are removed from a topic at once: nobody publishes meanwhile.
const STEP_ROWS: u32 = 64;

/// What may be pruned from a topic: leading rows that lie wholly below an offset and were appended before an
/// instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expired {
    below: Offset,
    before: Timestamp,
}

impl Expired {
    fn covers(self, row: &StoredRow) -> bool {
        row.end <= self.below && row.appended_at < self.before
    }
}

pub(super) struct Retention<'a> {
    pub(super) options: &'a EmbeddedOptions,
    pub(super) assignments: &'a Assignments,
    /// The current time, which lags behind a distrusted clock.
    pub(super) now: Timestamp,
}

impl Retention<'_> {
    /// Prunes every topic, one step each. Returns whether more is left.
    pub(super) fn trim(&self, conn: &Connection) -> Result<bool, Error> {
        let mut more = false;
        for (topic, mut log) in log::topics(conn)? {
            // No group holds dead letters back: they are for people, and kept for a fixed time.
            let expired = if topic.is_dead_letters() {
                Expired { below: log.end, before: self.now.minus(self.options.dead_letter_retention) }
            } else {
                let before = self.now.minus(self.options.bus_retention);
                Expired { before, ..self.done_with(conn, &topic, &log)? }
            };
            more |= remove_step(conn, &mut log, expired, u64::MAX)?;
        }
        Ok(more)
    }

    /// Makes sure that a topic does not exceed its byte limit; `log` is the topic with a batch just appended
    /// from `appended_from` on. Prunes what nobody holds back, however young.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if that is not enough.
    pub(super) fn make_room(
        &self,
        conn: &Connection,
        topic: &Topic,
        log: &mut Log,
        appended_from: Offset,
    ) -> Result<(), Error> {
        let limit = self.options.max_backlog_bytes;
        if log.bytes <= limit {
            return Ok(());
        }
        // Dead letters are not pruned early: their time is for people to look at them.
        if !topic.is_dead_letters() {
            let mut expired = self.done_with(conn, topic, log)?;
            // Not the batch itself, which nobody has read yet.
            expired.below = expired.below.min(appended_from);
            while log.bytes > limit && remove_step(conn, log, expired, log.bytes - limit)? {}
        }
        if log.bytes <= limit {
            return Ok(());
        }
        Err(Error::Unavailable(format!(
            "the backlog of {topic} is full: it would be {} bytes, the limit is {limit}",
            log.bytes
        )))
    }

    /// What no live group holds back, of any age. A group that has a member is alive, even if that member
    /// could not commit for long.
    fn done_with(&self, conn: &Connection, topic: &Topic, log: &Log) -> Result<Expired, Error> {
        // Before the query below, which ignores groups that were not seen lately.
        for group in self.assignments.taken(topic) {
            positions::seen(conn, log.id, &group, self.now)?;
        }
        let held_from = positions::lowest(conn, log.id, self.now.minus(self.options.group_expiry))?;
        Ok(Expired { below: held_from.unwrap_or(log.end), before: Timestamp::MAX })
    }
}

/// One row of a topic, without its frames.
struct StoredRow {
    end: Offset,
    appended_at: Timestamp,
    bytes: u64,
}

/// Removes leading expired rows until `enough_bytes` are free or a step is done. Returns whether it stopped
/// because the step was done.
fn remove_step(conn: &Connection, log: &mut Log, expired: Expired, enough_bytes: u64) -> Result<bool, Error> {
    let (mut earliest, mut freed, mut rows) = (log.earliest, 0, 0);
    for row in first_rows(conn, log.id)? {
        if !expired.covers(&row) || freed >= enough_bytes {
            break;
        }
        (earliest, freed, rows) = (row.end, freed + row.bytes, rows + 1);
    }
    if rows == 0 {
        return Ok(false);
    }
    (log.earliest, log.bytes) = (earliest, log.bytes - freed);
    conn.prepare_cached("DELETE FROM batches WHERE topic_id = ?1 AND base < ?2")?
        .execute((log.id, earliest))?;
    conn.prepare_cached("UPDATE topics SET earliest = ?2, bytes = ?3 WHERE id = ?1")?
        .execute((log.id, earliest, log.bytes))?;
    Ok(rows == STEP_ROWS)
}

fn first_rows(conn: &Connection, topic_id: i64) -> Result<Vec<StoredRow>, Error> {
    const FIRST: &str = "SELECT base + count, appended_at, length(frames) FROM batches
         WHERE topic_id = ?1 ORDER BY base LIMIT ?2";
    select_rows(conn, FIRST, (topic_id, STEP_ROWS), |row| {
        Ok(StoredRow { end: row.get(0)?, appended_at: timestamp(row.get(1)?)?, bytes: row.get(2)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::MIGRATIONS;
    use crate::bus::pack::Packer;
    use std::time::Duration;
    use watchkeeper_ports::{BatchBuilder, Group};

    const MINUTE: Duration = Duration::from_secs(60);

    fn options() -> EmbeddedOptions {
        EmbeddedOptions { max_backlog_bytes: 250, ..EmbeddedOptions::default() }
    }

    fn start() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    /// What `trim` does without members.
    fn trim(conn: &Connection, now: Timestamp) -> Result<bool, Error> {
        trim_beside(conn, &Assignments::default(), now)
    }

    fn trim_beside(conn: &Connection, assignments: &Assignments, now: Timestamp) -> Result<bool, Error> {
        Retention { options: &options(), assignments, now }.trim(conn)
    }

    fn make_room(
        conn: &Connection,
        topic: &Topic,
        log: &mut Log,
        appended_from: Offset,
        options: &EmbeddedOptions,
    ) -> Result<(), Error> {
        Retention { options, assignments: &Assignments::default(), now: start() }.make_room(
            conn,
            topic,
            log,
            appended_from,
        )
    }

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    /// Appends one record, which is one row.
    fn append(conn: &Connection, topic: &Topic, at: Timestamp) -> Log {
        let mut batch = BatchBuilder::default();
        batch.push(b"key", b"value");
        log::append(conn, &mut Packer::new().unwrap(), topic, &batch.finish(), at).unwrap()
    }

    fn earliest(conn: &Connection, topic: &Topic) -> Offset {
        let log = log::find(conn, topic).unwrap().unwrap();
        let (rows, bytes): (u64, u64) = conn
            .query_row(
                "SELECT count(*), coalesce(sum(length(frames)), 0) FROM batches WHERE topic_id = ?1",
                [log.id],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!((rows, bytes), (log.end - log.earliest, log.bytes), "the topic's row tells the truth");
        log.earliest
    }

    fn commit(conn: &Connection, group: &'static str, next: Offset, at: Timestamp) {
        let group = Group::named(group);
        positions::join(conn, &Topic::METRICS, &group, at).unwrap();
        positions::commit(conn, &Topic::METRICS, &group, next, at).unwrap();
    }

    #[test]
    fn a_record_leaves_when_it_is_old_and_every_group_has_committed_it() {
        let conn = database();
        for minute in 0..10 {
            append(&conn, &Topic::METRICS, start().plus(minute * MINUTE));
        }
        commit(&conn, "fast", 10, start());
        commit(&conn, "slow", 3, start());
        let trimmed_at = |after: Duration| {
            trim(&conn, start().plus(after)).unwrap();
            earliest(&conn, &Topic::METRICS)
        };
        assert_eq!(trimmed_at(61 * MINUTE), 1, "only the first is older than an hour");
        assert_eq!(trimmed_at(120 * MINUTE), 3, "the slow group holds the rest back");
        commit(&conn, "slow", 10, start().plus(120 * MINUTE));
        assert_eq!(trimmed_at(120 * MINUTE), 10);
    }

    #[test]
    fn a_group_that_was_not_seen_for_a_week_holds_nothing_back() {
        let conn = database();
        append(&conn, &Topic::METRICS, start());
        commit(&conn, "gone", 0, start());
        let week = EmbeddedOptions::GROUP_EXPIRY;
        trim(&conn, start().plus(week)).unwrap();
        assert_eq!(earliest(&conn, &Topic::METRICS), 0);
        trim(&conn, start().plus(week + Duration::from_micros(1))).unwrap();
        assert_eq!(earliest(&conn, &Topic::METRICS), 1);
    }

    #[test]
    fn a_group_that_has_a_member_holds_back_what_it_could_not_commit_for_a_week() {
        let (conn, assignments) = (database(), Assignments::default());
        append(&conn, &Topic::METRICS, start());
        commit(&conn, "stuck", 0, start());
        let assignment = assignments.of(&Topic::METRICS, &Group::named("stuck"));
        let taken = assignment.try_acquire().unwrap();
        let week = EmbeddedOptions::GROUP_EXPIRY + MINUTE;
        trim_beside(&conn, &assignments, start().plus(week)).unwrap();
        drop(taken);
        trim_beside(&conn, &assignments, start().plus(week + MINUTE)).unwrap();
        assert_eq!(earliest(&conn, &Topic::METRICS), 0, "it was seen a minute ago");
        trim_beside(&conn, &assignments, start().plus(2 * week)).unwrap();
        assert_eq!(earliest(&conn, &Topic::METRICS), 1);
    }

    #[test]
    fn a_dead_letter_stays_for_thirty_days() {
        let (conn, dead) = (database(), Topic::METRICS.dead_letters());
        append(&conn, &dead, start());
        let month = EmbeddedOptions::DEAD_LETTER_RETENTION;
        trim(&conn, start().plus(month)).unwrap();
        assert_eq!(earliest(&conn, &dead), 0);
        trim(&conn, start().plus(month + MINUTE)).unwrap();
        assert_eq!(earliest(&conn, &dead), 1);
    }

    #[test]
    fn a_step_is_bounded_and_the_next_one_goes_on() {
        let conn = database();
        for _ in 0..=STEP_ROWS {
            append(&conn, &Topic::METRICS, start());
        }
        let later = start().plus(120 * MINUTE);
        assert_eq!(trim(&conn, later), Ok(true));
        assert_eq!(earliest(&conn, &Topic::METRICS), u64::from(STEP_ROWS));
        assert_eq!(trim(&conn, later), Ok(false));
        assert_eq!(earliest(&conn, &Topic::METRICS), u64::from(STEP_ROWS) + 1);
    }

    /// Appends until that fails; returns the offset at which it does.
    fn fill(conn: &Connection, topic: &Topic) -> (Offset, String) {
        loop {
            let mut log = append(conn, topic, start());
            let appended_from = log.end - 1;
            match make_room(conn, topic, &mut log, appended_from, &options()) {
                Ok(()) => assert!(log.end < 1000, "it never fills"),
                Err(Error::Unavailable(reason)) => return (appended_from, reason),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_backlog_that_a_group_holds_back_fills_up_and_a_commit_makes_room() {
        let conn = database();
        commit(&conn, "g", 0, start());
        let (full_at, reason) = fill(&conn, &Topic::METRICS);
        assert!(reason.starts_with("the backlog of metrics is full: it would be "), "{reason}");
        assert!(reason.ends_with("the limit is 250"), "{reason}");
        commit(&conn, "g", 2, start());
        let mut log = log::find(&conn, &Topic::METRICS).unwrap().unwrap();
        make_room(&conn, &Topic::METRICS, &mut log, full_at, &options()).unwrap();
        assert_eq!(earliest(&conn, &Topic::METRICS), 1, "no more leaves than must");
    }

    #[test]
    fn a_dead_letter_does_not_make_room() {
        let (conn, dead) = (database(), Topic::METRICS.dead_letters());
        fill(&conn, &dead);
        assert_eq!(earliest(&conn, &dead), 0);
    }

    #[test]
    fn a_batch_does_not_make_room_for_itself() {
        let conn = database();
        let mut log = append(&conn, &Topic::METRICS, start());
        let small = EmbeddedOptions { max_backlog_bytes: 1, ..options() };
        make_room(&conn, &Topic::METRICS, &mut log, 0, &small).unwrap_err();
    }
}
