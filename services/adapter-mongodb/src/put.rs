//! Stores rollups.

use crate::collections::Collection;
use crate::document;
use crate::server::{Find, Server};
use crate::stored;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use mongodb::bson::{doc, rawdoc};
use std::collections::HashSet;
use watchkeeper_domain::{Rollup, Series, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::PortError;

/// Rollups that are looked up by id at the same time.
const LOOKS_AT_ONCE: usize = 8;

/// Stores rollups. Each replaces the existing one, unless that aggregates more samples.
///
/// Series are stored first, so that every rollup has one. Then each rollup is inserted if there is none,
/// which is all when a pass creates it for the first time. Of the existing ones, those that differ are
/// replaced: few, because a correction changes little. Everything is found by `_id` alone; the few
/// replacements have one more condition.
pub(crate) async fn put(server: &Server, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
    put_series(server, window, rollups).await?;
    let each: Vec<(&Series, &Rollup)> =
        rollups.iter().flat_map(|of| of.rollups.iter().map(|rollup| (&*of.series, rollup))).collect();
    let insert = |&(series, rollup): &(&Series, &Rollup)| document::insert(series, window, rollup);
    let mut inserted = HashSet::new();
    server.write(Collection::Rollups, &each, insert, |ids| inserted.extend(ids)).await?;
    let mut were_there = Vec::new();
    for (series, rollup) in each {
        let id = document::rollup_id(series.key(), window, rollup.start);
        if !inserted.contains(&id) {
            were_there.push((id, *rollup));
        }
    }
    let looks = stream::iter(were_there).map(|(id, rollup)| look(server, id, rollup));
    let replaced: Vec<Option<(String, Rollup)>> = looks.buffer_unordered(LOOKS_AT_ONCE).try_collect().await?;
    let replaced: Vec<(String, Rollup)> = replaced.into_iter().flatten().collect();
    let replace = |(id, rollup): &(String, Rollup)| document::replace(id, rollup);
    server.write(Collection::Rollups, &replaced, replace, |_| {}).await
}

/// The rollup, if it must replace the existing one.
async fn look(server: &Server, id: String, rollup: Rollup) -> Result<Option<(String, Rollup)>, PortError> {
    let find = Find {
        collection: Collection::Rollups,
        filter: doc! { "_id": &id },
        fields: stored::fields(),
        order: doc! {},
        limit: 1,
    };
    let mut is_to_be_replaced = false;
    server
        .find(find, |found| {
            let (_, there) = stored::read(found)?;
            is_to_be_replaced = there != rollup && there.count <= rollup.count;
            Ok(())
        })
        .await?;
    Ok(is_to_be_replaced.then_some((id, rollup)))
}

/// Registers the series that have rollups here, and up to when.
async fn put_series(server: &Server, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
    let latest: Vec<(&Series, Timestamp)> = rollups
        .iter()
        .filter_map(|of| Some((&*of.series, of.rollups.iter().map(|rollup| rollup.start).max()?)))
        .collect();
    let know = |&(series, start): &(&Series, Timestamp)| document::know(series, window, start);
    server.write(Collection::Series, &latest, know, |_| {}).await
}

/// Health check: writes a document of its own.
pub(crate) async fn check(server: &Server) -> Result<(), PortError> {
    let count = || rawdoc! { "q": { "_id": "check" }, "u": { "$inc": { "times": 1_i64 } }, "upsert": true };
    server.write(Collection::Checks, &[()], |()| count(), |_| {}).await
}
