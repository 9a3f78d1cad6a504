//! Numbers of events by what they have in common.

use super::rows::{COLUMNS, read};
use super::search::{Ended, Search, Sought};
use super::slices::Slices;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use std::collections::HashMap;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::time::Instant as Clock;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{MAX_VALUES_BYTES, Order};

/// The parameters of the statement before those of the filter: the slice.
pub(super) const OTHERS: usize = 2;
/// What a key takes in memory beside its texts.
const KEY_BYTES: usize = 64;

/// What events are counted by.
pub(super) trait By: Eq + Hash + Sized {
    /// Reads it from the two columns from `first` on.
    fn read(row: &Row, first: usize) -> Result<Self, Error>;

    /// The bytes of its texts.
    fn text_bytes(&self) -> usize;
}

/// Counts the matching events by two expressions in SQL, newest first; returns since when the numbers are complete. `add`
/// gets the numbers of slices that are complete. A slice with more different keys than memory has room for ends the search,
/// like one for which there is no time.
pub(super) async fn count<K: By>(
    connection: &mut Connection,
    sought: &Sought<'_>,
    keys: [&str; 2],
    mut add: impl FnMut(K, u64),
) -> Result<Option<Timestamp>, Error> {
    let statement = statement(sought, keys);
    let mut slices = Slices::of(sought.time.clone(), Order::NewestFirst);
    let search = Search::begin(connection);
    let mut ended = None;
    while let Some(slice) = slices.next() {
        let began = Clock::now();
        let (from, to) = (Instant(slice.start), Instant(slice.end));
        let others: [(&(dyn ToSql + Sync), Type); OTHERS] =
            [(&from, Type::TIMESTAMPTZ), (&to, Type::TIMESTAMPTZ)];
        let mut tally = Tally { numbers: HashMap::new(), bytes: 0 };
        let rows = search.rows(&statement, sought.params.with(&others), |row| tally.add(row, sought)).await?;
        if rows != Ended::Complete {
            ended = Some(slices.border());
            break;
        }
        tally.numbers.into_iter().for_each(|(key, events)| add(key, events));
        slices.cover(&slice, began.elapsed());
    }
    Ok(ended)
}

struct Tally<K> {
    numbers: HashMap<K, u64>,
    bytes: usize,
}

impl<K: By> Tally<K> {
    fn add(&mut self, row: &Row, sought: &Sought<'_>) -> Result<ControlFlow<()>, Error> {
        let events = row.try_get::<_, i64>(0)?.unsigned_abs();
        let is_sure = row.len() == 3 || row.try_get::<_, Option<Instant>>(3)?.is_none();
        if !is_sure && !sought.filter.matches(&read(row, 3)?) {
            return Ok(ControlFlow::Continue(()));
        }
        let key = K::read(row, 1)?;
        let bytes = key.text_bytes() + KEY_BYTES;
        let number = self.numbers.entry(key).or_insert_with(|| {
            self.bytes += bytes;
            0
        });
        *number += events;
        let is_full = self.bytes > MAX_VALUES_BYTES;
        Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// Events about which SQL is sure are counted there. The others come one by one, with their columns after the keys.
fn statement(sought: &Sought<'_>, [one, other]: [&str; 2]) -> String {
    let (must, may) = (&sought.bounds.must, &sought.bounds.may);
    let from = format!("FROM event_rows e WHERE e.at >= $1 AND e.at < $2 AND {may}");
    if sought.bounds.are_exact() {
        return format!("SELECT count(*), {one}, {other} {from} GROUP BY 2, 3");
    }
    if *must == super::filter::Sql::FALSE {
        return format!("SELECT 1::bigint, {one}, {other}, {COLUMNS} {from}");
    }
    let unsure = |column: &str| format!("CASE WHEN NOT e.sure THEN e.{column} END AS {column}");
    let columns = ["at", "id", "level", "service_id", "host_id", "message", "fields"].map(unsure).join(", ");
    format!(
        "SELECT e.events, e.key_1, e.key_2, {COLUMNS} FROM (
             SELECT count(*) AS events, e.key_1, e.key_2, {columns} FROM (
                 SELECT {one} AS key_1, {other} AS key_2, e.*, {must} AS sure {from} OFFSET 0) e
             GROUP BY 2, 3, 4, 5, 6, 7, 8, 9, 10) e"
    )
}
