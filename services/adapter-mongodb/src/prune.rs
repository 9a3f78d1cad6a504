//! Prunes rollups, and series that have none left.

use crate::collections::Collection;
use crate::document::{self, date, latest};
use crate::server::{Find, Server};
use mongodb::bson::{DateTime, Document, doc};
use watchkeeper_domain::{Timestamp, Window};
use watchkeeper_ports::PortError;

/// Documents in one step. Others are served between steps, and each step has its own time limit.
pub(crate) const STEP_DOCUMENTS: usize = 1_000;

/// Removes the rollups of `window` that start before `before`, then the series that have none left; returns
/// how many rollups.
///
/// A series that is put meanwhile stays, because every step checks its latest window again. A rollup that is
/// put meanwhile and starts before `before` is removed by the next pruning, and may be invisible until then.
pub(crate) async fn prune(server: &Server, window: Window, before: Timestamp) -> Result<u64, PortError> {
    let before = date(before);
    let old = doc! { "window": window.name(), "start": { "$lt": before } };
    let removed = remove(server, Collection::Rollups, &old, &doc! {}).await?;
    forget_latest(server, window, before).await?;
    let without_any: Document = Window::ALL
        .into_iter()
        .map(|window| (latest(window).as_str().to_owned(), doc! { "$exists": false }.into()))
        .collect();
    remove(server, Collection::Series, &without_any, &without_any).await?;
    Ok(removed)
}

/// Removes what matches, in steps. What was found is removed only if `still` holds, the part of the filter
/// that others may change meanwhile.
async fn remove(
    server: &Server,
    collection: Collection,
    filter: &Document,
    still: &Document,
) -> Result<u64, PortError> {
    let mut removed = 0;
    loop {
        let ids = some(server, collection, filter).await?;
        let are_all = ids.len() < STEP_DOCUMENTS;
        if !ids.is_empty() {
            let mut these = still.clone();
            these.insert("_id", doc! { "$in": ids });
            removed += server.delete(collection, these).await?;
        }
        if are_all {
            return Ok(removed);
        }
    }
}

/// Unsets the latest window of series for which it starts before `before`: it is removed.
async fn forget_latest(server: &Server, window: Window, before: DateTime) -> Result<(), PortError> {
    let filter = doc! { latest(window).as_str(): { "$lt": before } };
    loop {
        let ids = some(server, Collection::Series, &filter).await?;
        let are_all = ids.len() < STEP_DOCUMENTS;
        let forget = |id: &String| document::forget_latest(id, window, before);
        server.write(Collection::Series, &ids, forget, |_| {}).await?;
        if are_all {
            return Ok(());
        }
    }
}

/// The ids of some matching documents: all, if they fit one step.
pub(crate) async fn some(
    server: &Server,
    collection: Collection,
    filter: &Document,
) -> Result<Vec<String>, PortError> {
    let find = Find {
        collection,
        filter: filter.clone(),
        fields: doc! { "_id": 1 },
        order: doc! {},
        limit: STEP_DOCUMENTS,
    };
    let mut ids = Vec::new();
    server
        .find(find, |found| {
            ids.push(found.get_str("_id")?.to_owned());
            Ok(())
        })
        .await?;
    Ok(ids)
}
