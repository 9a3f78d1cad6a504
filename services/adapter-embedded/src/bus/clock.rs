//! The clock for retention on the bus.

use crate::EmbeddedOptions;
use crate::sqlite::{Error, timestamp};
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_domain::clock::{Doubt, Looks, step_of};
use watchkeeper_domain::limits::latest_possible;

/// The clock for retention on the bus, and its recorded checks.
pub(super) struct BusClock {
    looks: Looks,
    step: Duration,
}

impl BusClock {
    /// Continues from the recorded checks, or before the first one from the time of the newest record.
    pub(super) fn open(conn: &Connection, options: &EmbeddedOptions, now: Timestamp) -> Result<Self, Error> {
        let looks = match read(conn)? {
            Some(looks) => looks,
            None => Looks::beginning_at(newest(conn)?.unwrap_or(now)),
        };
        Ok(Self { looks, step: step_of(options.dead_letter_retention.min(options.group_expiry)) })
    }

    /// Checks the clock, which shows `now`, and records it.
    pub(super) fn look(&mut self, conn: &Connection, now: Timestamp) -> Result<(), Error> {
        let (before, looks) = (self.looks, self.looks.look(now, self.step));
        write(conn, looks)?;
        let shown = before.doubt.map_or(before.believed, |doubt| doubt.until);
        if looks.doubt.is_none() && shown > latest_possible(now) {
            set_back(conn, now)?;
        }
        if let (None, Some(told)) = (before.doubt, looks.disagreement(now, self.step)) {
            let (days, believed) = (told.by.as_secs() / (24 * 60 * 60), told.believed);
            tracing::warn!(%now, %believed, days, "the clock is not trusted: no record is pruned by it for a day");
        }
        self.looks = looks;
        Ok(())
    }

    /// The instant for retention when the clock shows `now`: while it is distrusted, that of the last trusted
    /// check.
    pub(super) fn earliest(&self, now: Timestamp) -> Timestamp {
        self.looks.present(now, self.step).earliest
    }
}

fn read(conn: &Connection) -> Result<Option<Looks>, Error> {
    let mut select = conn.prepare_cached("SELECT believed, doubted_since, doubted_until FROM clock")?;
    let row = select.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((believed, since, until)) = row else { return Ok(None) };
    let since = Option::<i64>::map(since, timestamp).transpose()?;
    let until = Option::<i64>::map(until, timestamp).transpose()?;
    let doubt = since.zip(until).map(|(since, until)| Doubt { since, until });
    Ok(Some(Looks { believed: timestamp(believed)?, doubt }))
}

fn write(conn: &Connection, looks: Looks) -> Result<(), Error> {
    let mut set = conn.prepare_cached(
        "INSERT INTO clock (id, believed, doubted_since, doubted_until) VALUES (1, ?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET believed = excluded.believed, doubted_since = excluded.doubted_since,
             doubted_until = excluded.doubted_until",
    )?;
    let (since, until) = looks.doubt.map(|doubt| (doubt.since.as_micros(), doubt.until.as_micros())).unzip();
    set.execute((looks.believed.as_micros(), since, until))?;
    Ok(())
}

fn newest(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let newest = conn
        .prepare_cached("SELECT appended_at FROM batches ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    newest.map(timestamp).transpose()
}

/// Instants recorded while the clock was ahead would hold back everything behind them until then: they count
/// as recorded at `now`.
fn set_back(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    for set in [
        "UPDATE positions SET seen_at = ?1 WHERE seen_at > ?1",
        "UPDATE batches SET appended_at = ?1 WHERE appended_at > ?1",
    ] {
        conn.prepare_cached(set)?.execute([now.as_micros()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::{MIGRATIONS, log, pack::Packer, positions};
    use watchkeeper_domain::clock::{HOLD, LOOK_EVERY};
    use watchkeeper_ports::{BatchBuilder, Group, Topic};

    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn start() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn open(conn: &Connection, now: Timestamp) -> BusClock {
        BusClock::open(conn, &EmbeddedOptions::default(), now).unwrap()
    }

    fn append(conn: &Connection, at: Timestamp) {
        let mut batch = BatchBuilder::default();
        batch.push(b"key", b"value");
        log::append(conn, &mut Packer::new().unwrap(), &Topic::METRICS, &batch.finish(), at).unwrap();
    }

    #[test]
    fn a_clock_that_is_ahead_at_the_start_is_not_gone_by_and_a_restart_remembers() {
        let (conn, ahead) = (database(), start().plus(5 * YEAR));
        append(&conn, start());
        for seconds in 0..2 {
            let now = ahead.plus(Duration::from_secs(seconds));
            let mut clock = open(&conn, now);
            clock.look(&conn, now).unwrap();
            assert_eq!(clock.earliest(now), start());
        }
        let mut clock = open(&conn, start());
        clock.look(&conn, start()).unwrap();
        assert_eq!(clock.earliest(start()), start());
    }

    #[test]
    fn a_bus_that_was_off_for_months_is_gone_by_its_clock_after_the_hold() {
        let conn = database();
        append(&conn, start());
        let mut now = start().plus(YEAR);
        for _ in 0..=HOLD.as_secs() / LOOK_EVERY.as_secs() {
            now = now.plus(LOOK_EVERY);
            open(&conn, now).look(&conn, now).unwrap();
        }
        assert_eq!(open(&conn, now).earliest(now), now);
    }

    #[test]
    fn what_was_noted_while_the_clock_was_ahead_counts_as_noted_when_it_came_back() {
        let (conn, ahead) = (database(), start().plus(5 * YEAR));
        let (mut clock, group) = (open(&conn, start()), Group::named("g"));
        clock.look(&conn, start()).unwrap();
        clock.look(&conn, ahead).unwrap();
        append(&conn, ahead);
        positions::join(&conn, &Topic::METRICS, &group, ahead).unwrap();
        let back = start().plus(LOOK_EVERY);
        clock.look(&conn, back).unwrap();
        assert_eq!(newest(&conn).unwrap(), Some(back));
        let later = back.plus(Duration::from_micros(1));
        assert_eq!(positions::lowest(&conn, 1, later).unwrap(), None, "it was seen when the clock came back");
    }
}
