//! Tables with a partition for each day (UTC).

mod removal;

pub(crate) use removal::{drop_removed, take_out};

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeSet;
use tokio_postgres::Row;
use watchkeeper_domain::{Timestamp, Window};

/// Days that one transaction adds, some milliseconds each: callers that need a single day wait no longer.
const DAYS_AT_ONCE: usize = 10;
/// Most days in all that the rows of one table may require: each costs a probe in every query without a time range. More
/// than the longest retention, so that only rows outside every retention can use them up.
pub const MAX_DAYS: usize = 4_000;
/// Days whose partition is created in advance, today included, so that appends at midnight are not delayed.
/// They are created even beyond the limit.
const COMING_DAYS: usize = 3;

/// Until the transaction ends, nobody else adds or removes days.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('watchkeeper days ' || current_schema(), 0))";
const EXISTING: &str = "SELECT child.relname::text FROM pg_inherits
         JOIN pg_class child ON child.oid = inhrelid
     WHERE inhparent = $1::text::regclass ORDER BY 1";

/// A table with a partition for each day, which is called by the table and the day: `samples_20261120`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// The name of what decides the day, for operators.
    pub(crate) time: &'static str,
    /// Name prefix of detached partitions that are still to be counted and dropped.
    pub(crate) removed: &'static str,
}

/// The table of samples.
pub(crate) const SAMPLES: Table = Table { name: "samples", time: "collected_at", removed: "removed_" };
/// The table of events.
pub(crate) const EVENTS: Table = Table { name: "event_rows", time: "occurred_at", removed: "gone_events_" };

/// A day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    start: Timestamp,
}

impl Day {
    pub(crate) fn of(at: Timestamp) -> Self {
        Self { start: Window::Day.start(at) }
    }

    pub(crate) fn start(self) -> Timestamp {
        self.start
    }

    /// The next day; the last possible day returns itself.
    pub(crate) fn next(self) -> Self {
        Self::of(self.start.plus(Window::Day.length()))
    }

    /// Whether all of it is before `instant`.
    pub(crate) fn is_before(self, instant: Timestamp) -> bool {
        self < Self::of(instant)
    }

    /// Today and the coming days, whose samples are never refused for lack of a partition.
    pub(crate) fn coming(now: Timestamp) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::of(now)), |day| Some(day.next())).take(COMING_DAYS)
    }

    fn of_partition(table: &Table, name: &str) -> Option<Self> {
        let digits = name.strip_prefix(table.name)?.strip_prefix('_')?;
        let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
        format!("{year}-{month}-{day}T00:00:00Z").parse().ok().map(Self::of)
    }

    /// The name of the day's partition.
    pub(crate) fn partition(self, table: &Table) -> String {
        let text = self.start.to_string();
        let digits = text.chars().take_while(|c| *c != 'T').filter(char::is_ascii_digit);
        format!("{}_{}", table.name, digits.collect::<String>())
    }

    /// Creates a partition separately and then attaches it, so that appends and queries are not blocked.
    fn create(self, table: &Table) -> String {
        let (partition, table) = (self.partition(table), table.name);
        let first = self.start.as_micros() / 1_000_000;
        let end = first + i64::try_from(Window::Day.length().as_secs()).unwrap_or(i64::MAX);
        format!(
            "CREATE TABLE {partition} (LIKE {table} INCLUDING ALL);
             ALTER TABLE {table} ATTACH PARTITION {partition}
                 FOR VALUES FROM (to_timestamp({first})) TO (to_timestamp({end}));"
        )
    }
}

/// The days known to have a partition.
pub(crate) struct Days {
    table: Table,
    known: Mutex<BTreeSet<Day>>,
}

impl Days {
    /// The days of a table, of which none is known yet.
    pub(crate) fn of(table: Table) -> Self {
        Self { table, known: Mutex::default() }
    }

    /// Makes sure that each of `days` has a partition, a few at a time, so that other callers come in
    /// between.
    ///
    /// # Errors
    /// [`Error::Rejected`] when that would exceed [`MAX_DAYS`], not counting today (by `now`) and the coming
    /// days.
    pub(crate) async fn provide(
        &self,
        connection: &mut Connection,
        days: BTreeSet<Day>,
        now: Timestamp,
    ) -> Result<(), Error> {
        loop {
            let lacking: Vec<_> = days.difference(&self.known()).copied().take(DAYS_AT_ONCE).collect();
            if lacking.is_empty() {
                return Ok(());
            }
            self.create(connection, &lacking, now).await?;
        }
    }

    async fn create(&self, connection: &mut Connection, days: &[Day], now: Timestamp) -> Result<(), Error> {
        let transaction = connection.transaction().await?;
        let mut existing = existing_under_lock(&transaction, &self.table).await?;
        let new: Vec<_> = days.iter().filter(|day| !existing.contains(day)).copied().collect();
        check_room(&self.table, &new, existing.len(), now)?;
        let create: String = new.iter().map(|day| day.create(&self.table)).collect();
        transaction.batch_execute(&create).await?;
        transaction.commit().await?;
        existing.extend(new);
        *self.known() = existing;
        Ok(())
    }

    /// Forgets the known days: somebody else has removed one.
    pub(crate) fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<Day>> {
        self.known.lock()
    }
}

/// The days of `table` that have a partition.
pub(crate) async fn existing(connection: &Connection, table: &Table) -> Result<BTreeSet<Day>, Error> {
    read(table, &connection.query(EXISTING, &[&table.name]).await?)
}

/// The days with a partition; the transaction's lock keeps them so.
pub(crate) async fn existing_under_lock(
    transaction: &Transaction<'_>,
    table: &Table,
) -> Result<BTreeSet<Day>, Error> {
    transaction.batch_execute(LOCK).await?;
    let existing = transaction.prepare_cached(EXISTING).await?;
    read(table, &transaction.query(&existing, &[&table.name]).await?)
}

fn read(table: &Table, rows: &[Row]) -> Result<BTreeSet<Day>, Error> {
    let names: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(names.into_iter().filter_map(|name| Day::of_partition(table, name)).collect())
}

fn check_room(table: &Table, new: &[Day], existing: usize, now: Timestamp) -> Result<(), Error> {
    let new = new.iter().filter(|day| Day::coming(now).all(|coming| coming != **day)).count();
    if new > 0 && new + existing > MAX_DAYS {
        let reason =
            format!("{}: is of a new day, and the store has {existing}, the limit is {MAX_DAYS}", table.time);
        return Err(Error::Rejected(reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::of(text.parse().unwrap())
    }

    #[test]
    fn a_partition_is_called_by_its_day_and_read_back() {
        assert_eq!(day("2026-11-20T23:59:59.999999Z").partition(&SAMPLES), "samples_20261120");
        for at in [Timestamp::MIN, Timestamp::MAX, "2026-11-20T10:00:00Z".parse().unwrap()] {
            assert_eq!(Day::of_partition(&EVENTS, &Day::of(at).partition(&EVENTS)), Some(Day::of(at)));
        }
        for name in ["samples", "samples_", "samples_20261320", "samples_é", "removed_20261120"] {
            assert_eq!(Day::of_partition(&SAMPLES, name), None, "{name}");
        }
    }

    #[test]
    fn a_day_is_before_an_instant_only_as_a_whole() {
        let day = day("2026-11-20T10:00:00Z");
        assert!(!day.is_before("2026-11-20T23:59:59Z".parse().unwrap()));
        assert!(day.is_before("2026-11-21T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn there_is_room_for_so_many_days() {
        let (now, old) = ("2026-11-20T10:00:00Z".parse().unwrap(), day("2026-11-19T10:00:00Z"));
        assert_eq!(check_room(&SAMPLES, &[old], MAX_DAYS - 1, now), Ok(()));
        assert_eq!(check_room(&SAMPLES, &[], MAX_DAYS + 1, now), Ok(()));
        let reason = "collected_at: is of a new day, and the store has 4000, the limit is 4000".to_owned();
        assert_eq!(check_room(&SAMPLES, &[old], MAX_DAYS, now), Err(Error::Rejected(reason)));
    }

    #[test]
    fn today_and_the_days_that_come_have_room_however_many_there_are() {
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let coming: Vec<_> = Day::coming(now).collect();
        assert_eq!(
            coming,
            ["2026-11-20", "2026-11-21", "2026-11-22"].map(|text| day(&format!("{text}T00:00:00Z")))
        );
        assert_eq!(check_room(&SAMPLES, &coming, 2 * MAX_DAYS, now), Ok(()));
        assert!(check_room(&SAMPLES, &[day("2026-11-23T00:00:00Z")], MAX_DAYS, now).is_err());
    }
}
