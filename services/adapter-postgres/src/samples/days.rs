//! The partitions of the sample table: one for each day (UTC).

use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeSet;
use std::fmt;
use tokio_postgres::Row;
use watchkeeper_domain::{Timestamp, Window};

/// Days that one transaction adds, some milliseconds each: callers that need a single day wait no longer.
const DAYS_AT_ONCE: usize = 10;
/// Most days in all that samples may require: each costs a probe in every query without a time range. More
/// than the longest retention, so that only samples outside every retention can use them up.
pub const MAX_DAYS: usize = 4_000;
/// Days whose partition is created in advance, today included, so that appends at midnight are not delayed.
/// They are created even beyond the limit.
const COMING_DAYS: usize = 3;

/// Until the transaction ends, nobody else adds or removes days.
const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('watchkeeper days ' || current_schema(), 0))";
const EXISTING: &str = "SELECT child.relname::text FROM pg_inherits
         JOIN pg_class child ON child.oid = inhrelid
     WHERE inhparent = 'samples'::regclass ORDER BY 1";
/// Name prefix of partitions.
const PREFIX: &str = "samples_";

/// A day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    start: Timestamp,
}

impl Day {
    pub(super) fn of(at: Timestamp) -> Self {
        Self { start: Window::Day.start(at) }
    }

    pub(super) fn start(self) -> Timestamp {
        self.start
    }

    /// The next day; the last possible day returns itself.
    pub(super) fn next(self) -> Self {
        Self::of(self.start.plus(Window::Day.length()))
    }

    /// Whether all of it is before `instant`.
    pub(super) fn is_before(self, instant: Timestamp) -> bool {
        self < Self::of(instant)
    }

    /// Today and the coming days, whose samples are never refused for lack of a partition.
    pub(super) fn coming(now: Timestamp) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(Self::of(now)), |day| Some(day.next())).take(COMING_DAYS)
    }

    fn of_partition(name: &str) -> Option<Self> {
        let digits = name.strip_prefix(PREFIX)?;
        let (year, month, day) = (digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?);
        format!("{year}-{month}-{day}T00:00:00Z").parse().ok().map(Self::of)
    }

    /// Creates a partition separately and then attaches it, so that appends and queries are not blocked.
    fn create(self) -> String {
        let first = self.start.as_micros() / 1_000_000;
        let end = first + i64::try_from(Window::Day.length().as_secs()).unwrap_or(i64::MAX);
        format!(
            "CREATE TABLE {self} (LIKE samples INCLUDING ALL);
             ALTER TABLE samples ATTACH PARTITION {self}
                 FOR VALUES FROM (to_timestamp({first})) TO (to_timestamp({end}));"
        )
    }
}

/// The name of the partition: `samples_20261120`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        let text = self.start.to_string();
        text.chars().take_while(|c| *c != 'T').filter(char::is_ascii_digit).try_for_each(|c| write!(f, "{c}"))
    }
}

/// The days known to have a partition.
#[derive(Default)]
pub(super) struct Days {
    known: Mutex<BTreeSet<Day>>,
}

impl Days {
    /// Makes sure that each of `days` has a partition, a few at a time, so that other callers come in
    /// between.
    ///
    /// # Errors
    /// [`Error::Rejected`] when that would exceed [`MAX_DAYS`], not counting today (by `now`) and the coming
    /// days.
    pub(super) async fn provide(
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
        let mut existing = existing_under_lock(&transaction).await?;
        let new: Vec<_> = days.iter().filter(|day| !existing.contains(day)).copied().collect();
        check_room(&new, existing.len(), now)?;
        let create: String = new.iter().map(|day| day.create()).collect();
        transaction.batch_execute(&create).await?;
        transaction.commit().await?;
        existing.extend(new);
        *self.known() = existing;
        Ok(())
    }

    /// Forgets the known days: somebody else has removed one.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<Day>> {
        self.known.lock()
    }
}

pub(super) async fn existing(connection: &Connection) -> Result<BTreeSet<Day>, Error> {
    read(&connection.query(EXISTING, &[]).await?)
}

/// The days with a partition; the transaction's lock keeps them so.
pub(super) async fn existing_under_lock(transaction: &Transaction<'_>) -> Result<BTreeSet<Day>, Error> {
    transaction.batch_execute(LOCK).await?;
    let existing = transaction.prepare_cached(EXISTING).await?;
    read(&transaction.query(&existing, &[]).await?)
}

fn read(rows: &[Row]) -> Result<BTreeSet<Day>, Error> {
    let names: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    Ok(names.into_iter().filter_map(Day::of_partition).collect())
}

fn check_room(new: &[Day], existing: usize, now: Timestamp) -> Result<(), Error> {
    let new = new.iter().filter(|day| Day::coming(now).all(|coming| coming != **day)).count();
    if new > 0 && new + existing > MAX_DAYS {
        let reason =
            format!("collected_at: is of a new day, and the store has {existing}, the limit is {MAX_DAYS}");
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
        assert_eq!(day("2026-11-20T23:59:59.999999Z").to_string(), "samples_20261120");
        for at in [Timestamp::MIN, Timestamp::MAX, "2026-11-20T10:00:00Z".parse().unwrap()] {
            assert_eq!(Day::of_partition(&Day::of(at).to_string()), Some(Day::of(at)));
        }
        for name in ["samples", "samples_", "samples_20261320", "samples_é", "removed_20261120"] {
            assert_eq!(Day::of_partition(name), None, "{name}");
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
        assert_eq!(check_room(&[old], MAX_DAYS - 1, now), Ok(()));
        assert_eq!(check_room(&[], MAX_DAYS + 1, now), Ok(()));
        let reason = "collected_at: is of a new day, and the store has 4000, the limit is 4000".to_owned();
        assert_eq!(check_room(&[old], MAX_DAYS, now), Err(Error::Rejected(reason)));
    }

    #[test]
    fn today_and_the_days_that_come_have_room_however_many_there_are() {
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let coming: Vec<_> = Day::coming(now).collect();
        assert_eq!(
            coming,
            ["2026-11-20", "2026-11-21", "2026-11-22"].map(|text| day(&format!("{text}T00:00:00Z")))
        );
        assert_eq!(check_room(&coming, 2 * MAX_DAYS, now), Ok(()));
        assert!(check_room(&[day("2026-11-23T00:00:00Z")], MAX_DAYS, now).is_err());
    }
}
