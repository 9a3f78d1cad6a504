//! Reads rollups.

use crate::collections::Collection;
use crate::document::{date, latest};
use crate::error::broken;
use crate::server::{Find, Server};
use crate::stored;
use mongodb::bson::{Document, doc};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Rollup, RollupQuery, Series, SeriesFilter, SeriesRollups};
use watchkeeper_ports::{Page, PortError};

/// Most series whose rollups one query asks for. It lists their keys, which must fit a command.
const STEP_SERIES: usize = 250;

/// The rollups of the series on the page; a series without any in the windows does not count.
///
/// Usually two queries: for the series, and for their rollups. If series turn out to have none, each further
/// step takes twice as many.
pub(crate) async fn rollups(
    server: &Server,
    query: &RollupQuery,
    page: &Page,
) -> Result<Vec<SeriesRollups>, PortError> {
    let (mut found, mut after, mut looked_at) = (Vec::new(), page.after.clone(), 0);
    while found.len() < page.limit && query.windows() > 0 {
        let step = (page.limit - found.len()).max(looked_at).min(STEP_SERIES);
        let series = some_series(server, matching(query, after.as_deref()), step).await?;
        let are_all = series.len() < step;
        looked_at += series.len();
        after = series.last().map(|last| last.key().to_owned());
        found.extend(of_series(server, query, series).await?);
        if are_all {
            break;
        }
    }
    found.truncate(page.limit);
    Ok(found)
}

/// The series that the query can match, after a key.
fn matching(query: &RollupQuery, after: Option<&str>) -> Document {
    let mut matching = matching_filter(query.filter(), after);
    matching.insert(latest(query.window()).as_str(), doc! { "$gte": date(query.from()) });
    matching
}

/// The series that match a filter, after a key.
pub(crate) fn matching_filter(filter: &SeriesFilter, after: Option<&str>) -> Document {
    let mut matching = Document::new();
    let mut key: Document = after.map(|after| ("$gt".to_owned(), after.into())).into_iter().collect();
    key.extend(filter.key.iter().map(|key| ("$eq".to_owned(), key.into())));
    if !key.is_empty() {
        matching.insert("key", key);
    }
    matching.extend(filter.source.iter().map(|source| ("source".to_owned(), source.into())));
    matching.extend(filter.name.iter().map(|name| ("name".to_owned(), name.into())));
    let labels: Vec<Document> = filter
        .labels
        .iter()
        .map(|(name, value)| doc! { "labels": { "$elemMatch": { "name": name, "value": value } } })
        .collect();
    if !labels.is_empty() {
        matching.insert("$and", labels);
    }
    matching
}

/// The first matching series, by key.
pub(crate) async fn some_series(
    server: &Server,
    filter: Document,
    limit: usize,
) -> Result<Vec<Arc<Series>>, PortError> {
    let (fields, order) = (doc! { "_id": 0, "key": 1 }, doc! { "key": 1 });
    let mut keys = Vec::new();
    server
        .find(Find { collection: Collection::Series, filter, fields, order, limit }, |found| {
            keys.push(found.get_str("key")?.to_owned());
            Ok(())
        })
        .await?;
    let read = |key: String| {
        key.parse().map(Arc::new).map_err(|error| broken(format!("{key} is not a series key: {error}")))
    };
    keys.into_iter().map(read).collect()
}

/// The rollups of the series in the query's windows; series without any are omitted.
async fn of_series(
    server: &Server,
    query: &RollupQuery,
    series: Vec<Arc<Series>>,
) -> Result<Vec<SeriesRollups>, PortError> {
    if series.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = series.iter().map(|series| series.key()).collect();
    let find = Find {
        collection: Collection::Rollups,
        filter: doc! {
            "window": query.window().name(),
            "key": { "$in": keys },
            "start": { "$gte": date(query.from()), "$lt": date(query.to()) },
        },
        fields: stored::fields(),
        order: doc! {},
        limit: 0,
    };
    let mut by_key: HashMap<String, Vec<Rollup>> = HashMap::with_capacity(series.len());
    server
        .find(find, |found| {
            let (key, rollup) = stored::read(found)?;
            match by_key.get_mut(key) {
                Some(rollups) => rollups.push(rollup),
                None => drop(by_key.insert(key.to_owned(), vec![rollup])),
            }
            Ok(())
        })
        .await?;
    let with_rollups = series.into_iter().filter_map(|series| {
        let mut rollups = by_key.remove(series.key())?;
        rollups.sort_unstable_by_key(|rollup| rollup.start);
        Some(SeriesRollups { series, rollups })
    });
    Ok(with_rollups.collect())
}
