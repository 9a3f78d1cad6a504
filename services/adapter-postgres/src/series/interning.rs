//! Series ids.

use super::columns::Columns;
use super::known::Known;
use crate::database::Connection;
use crate::error::Error;
use deadpool_postgres::Transaction;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use tokio_postgres::Row;
use watchkeeper_domain::{Sample, Series};

/// Until the transaction ends, series may be added but not removed.
const KEEP_SERIES: &str = "LOCK TABLE series IN ROW EXCLUSIVE MODE";
const REMOVALS: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM series_removals";
const FIND: &str = "SELECT id, key FROM series
     WHERE digest(key) = ANY (ARRAY(SELECT digest(wanted) FROM unnest($1::text[]) AS wanted))";
const COUNT: &str = "SELECT count(*) FROM series";
const ADD: &str = "INSERT INTO series (source, name, unit, labels, key)
     SELECT source, name, unit, labels, key
         FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[])
             AS new (source, name, unit, labels, key)
     ON CONFLICT (digest(key)) DO NOTHING";

/// Caches series ids, so that a sample of a known series costs one look-up in memory.
#[derive(Default)]
pub(crate) struct Interning {
    known: Mutex<Known>,
}

/// The ids of the series of some samples.
pub(crate) struct Interned {
    /// For each sample.
    pub(crate) ids: Vec<i64>,
    /// New ids, valid once the transaction is committed.
    learnt: Vec<(Arc<Series>, i64)>,
    /// How many of these were added.
    added: u64,
    removals: i64,
}

/// The store would have too many series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TooManySeries {
    pub(crate) series: u64,
    /// The indices of the samples whose series exceed the limit, ascending.
    pub(crate) samples: Vec<usize>,
}

impl Interning {
    /// The ids of the series of `samples`. New series are added with the transaction, up to `max_series` in
    /// all.
    pub(crate) async fn intern(
        &self,
        transaction: &Transaction<'_>,
        samples: &[Sample],
        max_series: Option<u64>,
    ) -> Result<Result<Interned, TooManySeries>, Error> {
        transaction.batch_execute(KEEP_SERIES).await?;
        let removals = transaction.prepare_cached(REMOVALS).await?;
        let removals = transaction.query_one(&removals, &[]).await?.try_get(0)?;
        let (mut ids, mut unknown) = self.look_up(removals, samples);
        let mut learnt = find(transaction, &mut unknown).await?;
        if let Some(max_series) = max_series.filter(|_| !unknown.is_empty()) {
            let series = self.count(transaction, removals, max_series).await?;
            let room = usize::try_from(max_series.saturating_sub(series)).unwrap_or(usize::MAX);
            if let Some(without_room) = unknown.get(room..)
                && !without_room.is_empty()
            {
                let is_left = |sample: &Sample| without_room.binary_search(&sample.series).is_ok();
                let samples =
                    (0..).zip(samples).filter(|(_, sample)| is_left(sample)).map(|(index, _)| index);
                return Ok(Err(TooManySeries { series, samples: samples.collect() }));
            }
        }
        let added = unknown.len() as u64;
        learnt.extend(add(transaction, unknown).await?);
        let new: HashMap<&Series, i64> = learnt.iter().map(|(series, id)| (&**series, *id)).collect();
        for (id, sample) in ids.iter_mut().zip(samples) {
            if id.is_none() {
                *id = new.get(&*sample.series).copied();
            }
        }
        let ids: Option<Vec<i64>> = ids.into_iter().collect();
        let ids = ids.ok_or_else(|| Error::Broken("a series that was added is missing".into()))?;
        Ok(Ok(Interned { ids, learnt, added, removals }))
    }

    /// The number of series, precisely enough to decide whether more may be added up to `max_series`.
    async fn count(
        &self,
        transaction: &Transaction<'_>,
        removals: i64,
        max_series: u64,
    ) -> Result<u64, Error> {
        let known = self.known().as_after(removals).count(max_series);
        if let Some(series) = known {
            return Ok(series);
        }
        let series = count(transaction).await?;
        self.known().as_after(removals).counted(series);
        Ok(series)
    }

    /// Caches the new ids of a committed transaction.
    pub(crate) fn remember(&self, interned: Interned) {
        let mut known = self.known();
        if interned.learnt.is_empty() {
            return;
        }
        let known = known.as_after(interned.removals);
        known.added(interned.added);
        for (series, id) in interned.learnt {
            known.learn(series, id);
        }
    }

    /// The cached ids, and the series without one: each once, in order.
    fn look_up(&self, removals: i64, samples: &[Sample]) -> (Vec<Option<i64>>, Vec<Arc<Series>>) {
        let mut known = self.known();
        let known = known.as_after(removals);
        let ids: Vec<_> = samples.iter().map(|sample| known.id(&sample.series)).collect();
        let unknown = samples.iter().zip(&ids).filter(|(_, id)| id.is_none());
        let mut unknown: Vec<_> = unknown.map(|(sample, _)| Arc::clone(&sample.series)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        (ids, unknown)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }
}

pub(crate) async fn count_all(connection: &Connection) -> Result<u64, Error> {
    let rows = connection.query(COUNT, &[]).await?;
    let row = rows.first().ok_or_else(|| Error::Broken("a count returned no row".into()))?;
    as_count(row)
}

async fn count(transaction: &Transaction<'_>) -> Result<u64, Error> {
    let count = transaction.prepare_cached(COUNT).await?;
    as_count(&transaction.query_one(&count, &[]).await?)
}

fn as_count(row: &Row) -> Result<u64, Error> {
    u64::try_from(row.try_get::<_, i64>(0)?).map_err(|error| Error::Broken(error.to_string()))
}

/// Adds series that are not in the database; returns their ids. In order, to avoid deadlocks.
async fn add(
    transaction: &Transaction<'_>,
    mut unknown: Vec<Arc<Series>>,
) -> Result<Vec<(Arc<Series>, i64)>, Error> {
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let Columns { sources, names, units, labels, keys } = Columns::of(unknown.iter().map(|series| &**series));
    let add = transaction.prepare_cached(ADD).await?;
    transaction.execute(&add, &[&sources, &names, &units, &labels, &keys]).await?;
    find(transaction, &mut unknown).await
}

/// Removes the series from `wanted` that are in the database.
async fn find(
    transaction: &Transaction<'_>,
    wanted: &mut Vec<Arc<Series>>,
) -> Result<Vec<(Arc<Series>, i64)>, Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = wanted.iter().map(|series| series.key()).collect();
    let find = transaction.prepare_cached(FIND).await?;
    let rows = transaction.query(&find, &[&keys]).await?;
    let mut ids = HashMap::with_capacity(rows.len());
    for row in &rows {
        ids.insert(row.try_get::<_, &str>(1)?, row.try_get::<_, i64>(0)?);
    }
    let mut found = Vec::with_capacity(ids.len());
    wanted.retain(|series| match ids.get(series.key()) {
        Some(id) => {
            found.push((Arc::clone(series), *id));
            false
        }
        None => true,
    });
    Ok(found)
}
