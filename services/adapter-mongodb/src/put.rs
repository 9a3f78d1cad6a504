//! Rollups into the database.

use crate::batch::first_of;
use crate::collections::Collection;
use crate::document;
use crate::server::Server;
use mongodb::bson::rawdoc;
use watchkeeper_domain::{Rollup, Series, SeriesRollups, Timestamp, Window};
use watchkeeper_ports::PortError;

/// Stores the rollups, each in the place of the one that was there unless that was made of more samples.
///
/// The series are first, so that there is no rollup whose series is unknown. Then each rollup is inserted if
/// there is none, which is all there is to do when a pass makes it for the first time; those that were there
/// are replaced. Neither step needs to know why a statement was refused.
pub(crate) async fn put(server: &Server, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
    put_series(server, window, rollups).await?;
    let each: Vec<(&Series, &Rollup)> =
        rollups.iter().flat_map(|of| of.rollups.iter().map(|rollup| (&*of.series, rollup))).collect();
    let mut rest = each.as_slice();
    while !rest.is_empty() {
        let batch = first_of(rest.iter().map(|(series, rollup)| document::insert(series, window, rollup)));
        let (these, behind) = rest.split_at(batch.len());
        let inserted = server.write(Collection::Rollups, &batch).await?;
        let replace: Vec<_> = (0..)
            .zip(these)
            .filter(|(place, _)| !inserted.contains(place))
            .map(|(_, (series, rollup))| document::replace(series, window, rollup))
            .collect();
        if !replace.is_empty() {
            server.write(Collection::Rollups, &replace).await?;
        }
        rest = behind;
    }
    Ok(())
}

/// Makes known the series that have rollups here, and up to when.
async fn put_series(server: &Server, window: Window, rollups: &[SeriesRollups]) -> Result<(), PortError> {
    let latest: Vec<(&Series, Timestamp)> = rollups
        .iter()
        .filter_map(|of| Some((&*of.series, of.rollups.iter().map(|rollup| rollup.start).max()?)))
        .collect();
    let mut rest = latest.as_slice();
    while !rest.is_empty() {
        let batch = first_of(rest.iter().map(|(series, start)| document::know(series, window, *start)));
        server.write(Collection::Series, &batch).await?;
        rest = &rest[batch.len()..];
    }
    Ok(())
}

/// Writes a document of its own.
pub(crate) async fn check(server: &Server) -> Result<(), PortError> {
    let count = rawdoc! { "q": { "_id": "check" }, "u": { "$inc": { "times": 1_i64 } }, "upsert": true };
    server.write(Collection::Checks, &[count]).await.map(drop)
}
