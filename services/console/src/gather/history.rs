//! The values behind the sparklines of a page.

use crate::lookback::Lookback;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::collections::HashMap;
use std::sync::Arc;
use watchkeeper_domain::{Aggregate, Point, RangeQuery, Sample, Series, SeriesFilter, Timestamp, Violation};
use watchkeeper_ports::{PortError, SampleStore};

/// The windows of each series, in order of time.
pub(crate) type History = HashMap<Arc<Series>, Vec<Point>>;

/// Questions that one page has under way at once.
const QUESTIONS_AT_ONCE: usize = 8;
/// Series in one answer: those of a page, and as many again that the store still has and the cache not.
const MAX_SERIES: usize = 2 * super::PAGE_SERIES;

/// The filters that bring all series of a page and few others: one for each name. Where the page begins or
/// ends within the series of a name, there may be any number of others, and each series is asked for alone.
pub(super) fn questions(page: &[Sample], begins_within: bool, ends_within: bool) -> Vec<SeriesFilter> {
    let names: Vec<&[Sample]> = page.chunk_by(|one, next| name_of(one) == name_of(next)).collect();
    let is_cut = |index| (begins_within && index == 0) || (ends_within && index + 1 == names.len());
    let mut filters = Vec::new();
    for (index, samples) in names.iter().enumerate() {
        if is_cut(index) {
            filters.extend(samples.iter().map(|sample| SeriesFilter::with_labels_of(&sample.series)));
        } else {
            filters.extend(
                samples.first().map(|sample| SeriesFilter::named(name_of(sample).0, name_of(sample).1)),
            );
        }
    }
    filters
}

/// The mean of each minute of the last hour.
pub(super) async fn last_hour(
    store: &dyn SampleStore,
    filters: Vec<SeriesFilter>,
    now: Timestamp,
) -> Result<History, PortError> {
    let answers = filters.into_iter().map(|filter| async move {
        let query = query(filter, Lookback::Hour, Aggregate::Avg, now)?;
        store.range(&query, MAX_SERIES).await
    });
    let answers: Vec<_> = stream::iter(answers).buffer_unordered(QUESTIONS_AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().flatten().map(|found| (found.series, found.points)).collect())
}

/// The question about the windows of `lookback` up to `now`.
pub(super) fn query(
    filter: SeriesFilter,
    lookback: Lookback,
    aggregate: Aggregate,
    now: Timestamp,
) -> Result<RangeQuery, PortError> {
    RangeQuery::new(filter, lookback.from(now), now, lookback.step(), aggregate)
        .map_err(|violation| no_question(&violation))
}

/// Only a clock that stands at the epoch makes a question that is none.
pub(super) fn no_question(violation: &Violation) -> PortError {
    PortError::Rejected { what: "store", reason: violation.to_string() }
}

fn name_of(sample: &Sample) -> (&str, &str) {
    (sample.series.source(), sample.series.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, cpu: &str) -> Sample {
        let series = Series::new("host", name, "", &[("cpu", cpu)]).unwrap();
        Sample { series: Arc::new(series), collected_at: Timestamp::MIN, value: 1.0 }
    }

    fn page() -> Vec<Sample> {
        vec![sample("a", "0"), sample("a", "1"), sample("b", "0"), sample("b", "1"), sample("c", "0")]
    }

    fn named(name: &str) -> SeriesFilter {
        SeriesFilter::named("host", name)
    }

    #[test]
    fn a_whole_name_is_one_question() {
        assert_eq!(questions(&page(), false, false), [named("a"), named("b"), named("c")]);
    }

    #[test]
    fn a_name_that_goes_on_past_the_page_is_asked_series_by_series() {
        let alone = |name, cpu| SeriesFilter::with_labels_of(&sample(name, cpu).series);
        assert_eq!(
            questions(&page(), true, true),
            [alone("a", "0"), alone("a", "1"), named("b"), alone("c", "0")]
        );
        assert_eq!(questions(&page()[..2], false, true), [alone("a", "0"), alone("a", "1")]);
    }

    #[test]
    fn an_empty_page_asks_nothing() {
        assert_eq!(questions(&[], true, false), []);
    }
}
