//! The numbers of series.

use super::columns::Columns;
use super::known::Known;
use crate::error::Error;
use deadpool_postgres::Transaction;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use watchkeeper_domain::{Sample, Series};

/// Until the transaction ends, no series is removed; series may be added.
const KEEP_SERIES: &str = "LOCK TABLE series IN ROW EXCLUSIVE MODE";
const REMOVALS: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM series_removals";
const FIND: &str = "SELECT id, key FROM series
     WHERE digest(key) = ANY (ARRAY(SELECT digest(wanted) FROM unnest($1::text[]) AS wanted))";
const ADD: &str = "INSERT INTO series (source, name, unit, labels, key)
     SELECT source, name, unit, labels, key
         FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[])
             AS new (source, name, unit, labels, key)
     ON CONFLICT (digest(key)) DO NOTHING";

/// The numbers of series, remembered so that a sample of a known series costs one look-up in memory.
#[derive(Default)]
pub(crate) struct Interning {
    known: Mutex<Known>,
}

/// The numbers of the series of some samples.
pub(crate) struct Interned {
    /// For each sample.
    pub(crate) ids: Vec<i64>,
    /// What was not known before, and is true once the transaction is committed.
    learnt: Vec<(Arc<Series>, i64)>,
    removals: i64,
}

impl Interning {
    /// The numbers of the series of `samples`, which are in the database when the transaction is committed.
    pub(crate) async fn intern(
        &self,
        transaction: &Transaction<'_>,
        samples: &[Sample],
    ) -> Result<Interned, Error> {
        transaction.batch_execute(KEEP_SERIES).await?;
        let removals = transaction.prepare_cached(REMOVALS).await?;
        let removals = transaction.query_one(&removals, &[]).await?.try_get(0)?;
        let (mut ids, unknown) = self.look_up(removals, samples);
        let learnt = learn(transaction, unknown).await?;
        let new: HashMap<&Series, i64> = learnt.iter().map(|(series, id)| (&**series, *id)).collect();
        for (id, sample) in ids.iter_mut().zip(samples) {
            if id.is_none() {
                *id = new.get(&*sample.series).copied();
            }
        }
        let ids: Option<Vec<i64>> = ids.into_iter().collect();
        let ids = ids.ok_or_else(|| Error::Broken("a series that was added is not there".into()))?;
        Ok(Interned { ids, learnt, removals })
    }

    /// Remembers what was learnt in a transaction that is committed.
    pub(crate) fn remember(&self, interned: Interned) {
        let mut known = self.known();
        if interned.learnt.is_empty() {
            return;
        }
        let known = known.as_after(interned.removals);
        for (series, id) in interned.learnt {
            known.learn(series, id);
        }
    }

    /// The numbers that are known, and the series whose numbers are not: each once, in order.
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
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The numbers of series that are given in order; those that are not in the database are added. In order, so
/// that no two transactions wait for each other.
async fn learn(
    transaction: &Transaction<'_>,
    mut unknown: Vec<Arc<Series>>,
) -> Result<Vec<(Arc<Series>, i64)>, Error> {
    let mut learnt = find(transaction, &mut unknown).await?;
    if !unknown.is_empty() {
        let Columns { sources, names, units, labels, keys } =
            Columns::of(unknown.iter().map(|series| &**series));
        let add = transaction.prepare_cached(ADD).await?;
        transaction.execute(&add, &[&sources, &names, &units, &labels, &keys]).await?;
        learnt.extend(find(transaction, &mut unknown).await?);
    }
    Ok(learnt)
}

/// Takes those series out of `wanted` that are in the database.
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
