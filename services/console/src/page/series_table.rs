//! The table of live series.

use super::moment::Moment;
use super::series_name::SeriesName;
use super::spark::Spark;
use crate::format::{Shown, count};
use crate::gather::{Chosen, History};
use crate::links;
use watchkeeper_domain::{Point, Sample, SeriesFilter, Timestamp};
use watchkeeper_query::{Answer, Origin, Paged};

pub(super) struct SeriesPart {
    pub(super) rows: Vec<SeriesRow>,
    /// The value of the filter form.
    pub(super) source: String,
    pub(super) name: String,
    pub(super) is_filtered: bool,
    /// Whether this is not the first page.
    pub(super) is_later_page: bool,
    pub(super) first_page: String,
    pub(super) next_page: Option<String>,
    /// The number of all series, if known.
    pub(super) kept: Option<String>,
    /// Why there are no sparklines, if there are none.
    pub(super) no_lines: Option<String>,
    /// The stream that the script follows.
    pub(super) stream: String,
}

/// One series and its latest value.
pub(super) struct SeriesRow {
    pub(super) key: String,
    pub(super) source_link: String,
    pub(super) series: SeriesName,
    pub(super) value: f64,
    pub(super) shown: Shown,
    pub(super) collected: Moment,
    pub(super) spark: Option<Spark>,
}

impl SeriesPart {
    pub(super) fn new(
        latest: &Paged<Sample>,
        history: Answer<History>,
        kept: Answer<usize>,
        chosen: &Chosen,
        now: Timestamp,
    ) -> Self {
        let (history, no_lines) = match history {
            Ok(history) => (history, None),
            Err(reason) => (History::default(), Some(reason.to_string())),
        };
        let points = |sample: &Sample| history.get(&sample.series).map_or(&[][..], Vec::as_slice);
        let filter = &chosen.filter;
        let kept = kept.ok().filter(|_| latest.origin == Origin::Cache);
        Self {
            rows: latest.items.iter().map(|sample| SeriesRow::new(sample, points(sample), now)).collect(),
            source: filter.source.clone().unwrap_or_default(),
            name: filter.name.clone().unwrap_or_default(),
            is_filtered: *filter != SeriesFilter::default(),
            is_later_page: chosen.cursor.is_some(),
            first_page: links::explore(filter, None),
            next_page: latest.next.as_ref().map(|next| links::explore(filter, Some(next))),
            kept: kept.map(count),
            no_lines,
            stream: links::stream(filter),
        }
    }
}

impl SeriesRow {
    fn new(sample: &Sample, points: &[Point], now: Timestamp) -> Self {
        let series = &*sample.series;
        let of_source = SeriesFilter { source: Some(series.source().to_owned()), ..SeriesFilter::default() };
        Self {
            key: series.key().to_owned(),
            source_link: links::explore(&of_source, None),
            series: SeriesName::new(series),
            value: sample.value,
            shown: Shown::new(sample.value, series.unit()),
            collected: Moment::ago(sample.collected_at, now),
            spark: Spark::new(points, series.unit(), now),
        }
    }
}
