//! Deletes series with all their rollups, in steps.

use crate::collections::Collection;
use crate::prune::{STEP_DOCUMENTS, some};
use crate::select::{matching_filter, some_series};
use crate::server::Server;
use mongodb::bson::doc;
use watchkeeper_domain::{SeriesFilter, Window};
use watchkeeper_ports::{Deleted, PortError};

/// Most series that one step examines.
const STEP_SERIES: usize = 50;

/// One step: deletes up to [`STEP_DOCUMENTS`] rollups of the first matching series after a key, and those series that
/// have none left.
pub(crate) async fn delete(
    server: &Server,
    filter: &SeriesFilter,
    after: &str,
) -> Result<Deleted, PortError> {
    let series = some_series(server, matching_filter(filter, Some(after)), STEP_SERIES).await?;
    let is_last = series.len() < STEP_SERIES;
    let (mut deleted, mut after) = (Deleted::default(), after.to_owned());
    for series in series {
        for window in Window::ALL {
            let of_series = doc! { "window": window.name(), "key": series.key() };
            let ids = some(server, Collection::Rollups, &of_series).await?;
            let are_all = ids.len() < STEP_DOCUMENTS;
            if !ids.is_empty() {
                deleted.items += server.delete(Collection::Rollups, doc! { "_id": { "$in": ids } }).await?;
            }
            if !are_all || deleted.items >= STEP_DOCUMENTS as u64 {
                return Ok(Deleted { next: Some(after), ..deleted });
            }
        }
        deleted.series += server.delete(Collection::Series, doc! { "_id": series.key() }).await?;
        series.key().clone_into(&mut after);
    }
    Ok(Deleted { next: (!is_last).then_some(after), ..deleted })
}
