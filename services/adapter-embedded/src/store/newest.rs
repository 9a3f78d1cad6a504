//! Finds the newest samples without reading older ones.

use super::note;
use crate::series::{answer_page, by_number, numbers};
use crate::sqlite::{Error, timestamp};
use rusqlite::Connection;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::hash_map::{Entry, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use watchkeeper_domain::{Note, Sample, Series, SeriesFilter, Timestamp};
use watchkeeper_ports::{MAX_ASKED_SERIES, Page, asked_of_too_many};

/// A series' samples, newest first: a reverse scan.
const NEWEST_FIRST: &str =
    "SELECT at, value, note FROM samples WHERE series_id = ?1 AND at <= ?2 ORDER BY at DESC";

/// The newest sample up to `until` of each series on the page.
pub(super) fn latest(
    conn: &Connection,
    filter: &SeriesFilter,
    page: &Page,
    until: Timestamp,
) -> Result<Vec<Sample>, Error> {
    answer_page(conn, filter, page, |id, series| {
        let mut newest = None;
        newest_first(conn, id, until, |found| {
            newest = Some(found);
            ControlFlow::Break(())
        })?;
        Ok(newest.map(|Aged { collected_at, value, note, .. }| Sample { series, collected_at, value, note }))
    })
}

/// The newest `limit` samples up to `until` of all matching series, newest first.
pub(super) fn newest(
    conn: &Connection,
    filter: &SeriesFilter,
    limit: usize,
    until: Timestamp,
) -> Result<Vec<Sample>, Error> {
    let too_many = || Error::Rejected(asked_of_too_many());
    let mut newest = Newest { limit, kept: BinaryHeap::new() };
    // By id, so that neighbours in the B-tree are read one after another.
    for id in numbers(conn, filter, MAX_ASKED_SERIES)?.ok_or_else(too_many)? {
        newest_first(conn, id, until, |found| newest.offer(found))?;
    }
    samples(conn, newest.kept.into_sorted_vec().into_iter().map(|Reverse(aged)| aged))
}

/// Adds the series, reading each once.
fn samples(conn: &Connection, newest: impl Iterator<Item = Aged>) -> Result<Vec<Sample>, Error> {
    let mut known: HashMap<i64, Arc<Series>> = HashMap::new();
    let sample = |Aged { collected_at, series_id, value, note }| {
        let series = match known.entry(series_id) {
            Entry::Occupied(series) => series.into_mut(),
            Entry::Vacant(place) => place.insert(by_number(conn, series_id)?),
        };
        Ok(Sample { series: Arc::clone(series), collected_at, value, note })
    };
    newest.map(sample).collect()
}

fn newest_first(
    conn: &Connection,
    series_id: i64,
    until: Timestamp,
    mut visit: impl FnMut(Aged) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut select = conn.prepare_cached(NEWEST_FIRST)?;
    let mut rows = select.query((series_id, until.as_micros()))?;
    while let Some(row) = rows.next()? {
        let (collected_at, value) = (timestamp(row.get(0)?)?, row.get(1)?);
        if visit(Aged { collected_at, series_id, value, note: note::read(row, 2)? }).is_break() {
            break;
        }
    }
    Ok(())
}

/// The newest of the offered samples, as a heap with the oldest on top.
struct Newest {
    limit: usize,
    kept: BinaryHeap<Reverse<Aged>>,
}

impl Newest {
    /// Keeps a sample if it is among the newest. Breaks if no older one of its series can be.
    fn offer(&mut self, found: Aged) -> ControlFlow<()> {
        let is_full = self.kept.len() >= self.limit;
        let is_older = |Reverse(oldest): &Reverse<Aged>| found.collected_at <= oldest.collected_at;
        if is_full && self.kept.peek().is_none_or(is_older) {
            return ControlFlow::Break(());
        }
        if is_full {
            self.kept.pop();
        }
        self.kept.push(Reverse(found));
        ControlFlow::Continue(())
    }
}

/// A sample, ordered by its instant and then by its series' id.
struct Aged {
    collected_at: Timestamp,
    series_id: i64,
    value: f64,
    note: Option<Note>,
}

impl Aged {
    fn order(&self) -> (Timestamp, i64) {
        (self.collected_at, self.series_id)
    }
}

impl Ord for Aged {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Aged {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Aged {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Aged {}
