//! The data of the table of series.

use super::Sources;
use super::history::{self, History};
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_query::{Answer, Cursor, Origin, PageQuestion, Paged, Samples, within_time};

/// Series on one page of the table.
pub const PAGE_SERIES: usize = 50;

/// The series selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) filter: SeriesFilter,
    /// Where the previous page ended.
    pub(crate) cursor: Option<Cursor>,
}

/// A page of series.
pub(crate) struct SeriesFound {
    /// By key, at most [`PAGE_SERIES`].
    pub(crate) latest: Answer<Paged<Sample>>,
    pub(crate) history: Answer<History>,
    /// The number of series in the cache.
    pub(crate) total: Answer<usize>,
}

/// Runs the independent queries concurrently. The history query needs the latest values, so a page may take up to twice
/// [`ANSWER_WITHIN`](watchkeeper_query::ANSWER_WITHIN).
pub(crate) async fn series_list(sources: &Sources, chosen: &Chosen, now: Timestamp) -> SeriesFound {
    let ((latest, history), total) = tokio::join!(
        latest_with_history(&sources.samples, chosen, now),
        within_time("cache", sources.samples.cached_series()),
    );
    SeriesFound { latest, history, total }
}

async fn latest_with_history(
    samples: &Samples,
    chosen: &Chosen,
    now: Timestamp,
) -> (Answer<Paged<Sample>>, Answer<History>) {
    let question =
        PageQuestion { filter: chosen.filter.clone(), limit: PAGE_SERIES, cursor: chosen.cursor.clone() };
    let latest = within_time(latest_dependency(chosen), samples.latest(&question, now)).await;
    let history = match &latest {
        Ok(latest) => within_time("store", history::last_hour(samples, &latest.items, now)).await,
        Err(_) => Ok(History::default()),
    };
    (latest, history)
}

/// The dependency to name on a timeout: the first page comes from the store if the cache does not answer in time.
fn latest_dependency(chosen: &Chosen) -> &'static str {
    match chosen.cursor.as_ref().map(|cursor| cursor.origin) {
        Some(Origin::Cache) => "cache",
        None | Some(Origin::Store) => "store",
    }
}
