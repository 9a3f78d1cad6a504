//! Computes rollups from samples and streams them.

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use watchkeeper_domain::{RollupQuery, SeriesRollups};
use watchkeeper_ports::{Failure, Page, PortError, SampleQueries};
use watchkeeper_runtime::RoleContext;
use watchkeeper_runtime::http::{Problem, RETRY_UNAVAILABLE};

/// Maximum number of concurrent requests. Low, because each keeps the store busy, which also serves other queries.
const MAX_STREAMS: usize = 2;
/// Maximum number of series read at once. Low, so that other queries get their turn.
const MAX_SERIES: u64 = 16;
/// Maximum number of rollups in memory, unless one series has more.
const MAX_ROLLUPS: u64 = 20_000;

/// Computes rollups from samples.
#[derive(Clone)]
pub(crate) struct RollUps {
    samples: Arc<dyn SampleQueries>,
    context: RoleContext,
    permits: Arc<Semaphore>,
}

impl RollUps {
    pub(crate) fn new(samples: Arc<dyn SampleQueries>, context: RoleContext) -> Self {
        Self { samples, context, permits: Arc::new(Semaphore::new(MAX_STREAMS)) }
    }

    /// The rollups of matching series, ordered by key. They are computed on demand, a few series ahead: a slow reader
    /// applies backpressure, and dropping the stream ends the work.
    ///
    /// # Errors
    /// 503 when [`MAX_STREAMS`] are in progress; the error of the store for the first page.
    pub(crate) async fn stream(
        &self,
        query: RollupQuery,
    ) -> Result<impl Stream<Item = Result<SeriesRollups, PortError>> + use<>, Problem> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| full())?;
        let mut pages = Pages {
            samples: Arc::clone(&self.samples),
            context: self.context.clone(),
            series_at_once: series_at_once(&query),
            query,
            after: None,
            _permit: permit,
        };
        // Before the response starts, so that an unavailable store fails the call.
        let first = pages.next().await?;
        let rest = stream::try_unfold(pages, |mut pages| async {
            let page = pages.next().await?;
            Ok(page.map(|page| (page, pages)))
        });
        let pages = stream::iter(first.map(Ok)).chain(rest);
        Ok(pages.map_ok(|page| stream::iter(page).map(Ok)).try_flatten())
    }
}

/// The pages of one response.
struct Pages {
    samples: Arc<dyn SampleQueries>,
    context: RoleContext,
    query: RollupQuery,
    series_at_once: usize,
    /// The key of the last series that is done.
    after: Option<String>,
    _permit: OwnedSemaphorePermit,
}

impl Pages {
    /// The next page; `None` after the last. A series that the store refuses to roll up is skipped, so that it does not
    /// block those after it.
    async fn next(&mut self) -> Result<Option<Vec<SeriesRollups>>, PortError> {
        let mut limit = self.series_at_once;
        loop {
            let page = match self.roll_up(limit).await {
                Err(error) if error.failure() == Failure::Reject && limit > 1 => {
                    limit = 1;
                    continue;
                }
                Err(error) if error.failure() == Failure::Reject => {
                    tracing::warn!(%error, "skipping a series that cannot be rolled up");
                    if self.step_over().await? {
                        continue;
                    }
                    return Ok(None);
                }
                rolled_up => rolled_up?,
            };
            let Some(last) = page.last() else { return Ok(None) };
            self.after = Some(last.series.key().to_owned());
            return Ok(Some(page));
        }
    }

    /// On shutdown this fails, because a stream that merely ends would be taken as complete.
    async fn roll_up(&self, limit: usize) -> Result<Vec<SeriesRollups>, PortError> {
        if self.context.shutdown().is_cancelled() {
            return Err(PortError::Unavailable { what: "api", reason: "shutting down".to_owned() });
        }
        self.samples.roll_up(&self.query, &Page { after: self.after.clone(), limit }).await
    }

    /// Skips the next series; `false` if there is none.
    async fn step_over(&mut self) -> Result<bool, PortError> {
        let page = Page { after: self.after.clone(), limit: 1 };
        let Some(series) = self.samples.series(self.query.filter(), &page).await?.series.pop() else {
            return Ok(false);
        };
        self.after = Some(series.key().to_owned());
        Ok(true)
    }
}

fn series_at_once(query: &RollupQuery) -> usize {
    let series = (MAX_ROLLUPS / query.windows().max(1)).clamp(1, MAX_SERIES);
    usize::try_from(series).expect("at most MAX_SERIES")
}

fn full() -> Problem {
    let detail =
        format!("{MAX_STREAMS} rollup requests are in progress, which is the limit: try again later");
    Problem::unavailable(detail, RETRY_UNAVAILABLE).of_kind("too-many-roll-ups", "Too many rollup requests")
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::{SeriesFilter, Timestamp, Window};

    #[test]
    fn few_series_are_held_at_once_and_fewer_when_there_are_many_windows() {
        let of = |windows: u32| {
            let to = Timestamp::MIN.plus(windows * Window::Hour.length());
            series_at_once(
                &RollupQuery::new(SeriesFilter::default(), Window::Hour, Timestamp::MIN, to).unwrap(),
            )
        };
        assert_eq!([1, 1_250, 1_251, 8_808].map(of), [16, 16, 15, 2]);
        let cut = Timestamp::MIN.plus(Window::Hour.length() / 2);
        let none = RollupQuery::new(SeriesFilter::default(), Window::Hour, Timestamp::MIN, cut).unwrap();
        assert_eq!(series_at_once(&none), 16);
    }
}
