//! The table of live series.

use super::Part;
use super::spark::Spark;
use crate::format::{Shown, ago, count};
use crate::gather::{Answer, Chosen, History, Latest};
use crate::links;
use watchkeeper_domain::{Point, Sample, SeriesFilter, Timestamp};

/// Labels that a row shows; the page of the series shows all.
const SHOWN_LABELS: usize = 6;
/// Longest part of a label's value that a row shows, in characters.
const SHOWN_VALUE_CHARS: usize = 60;

/// The table of live series.
pub(super) struct SeriesPart {
    pub(super) rows: Vec<SeriesRow>,
    /// What the filter form holds.
    pub(super) source: String,
    pub(super) name: String,
    pub(super) is_filtered: bool,
    /// Whether this is not the first page.
    pub(super) is_later_page: bool,
    pub(super) first_page: String,
    pub(super) next_page: Option<String>,
    /// How many series there are in all.
    pub(super) kept: Part<String>,
    /// Why there are no lines, if there are none.
    pub(super) no_lines: Option<String>,
    /// Where the script follows the samples.
    pub(super) stream: String,
}

/// One series and its latest value.
pub(super) struct SeriesRow {
    pub(super) key: String,
    pub(super) source: String,
    pub(super) source_link: String,
    pub(super) name: String,
    pub(super) link: String,
    pub(super) labels: Vec<LabelText>,
    /// Labels that are not shown.
    pub(super) more_labels: usize,
    pub(super) value: f64,
    pub(super) shown: Shown,
    /// RFC 3339.
    pub(super) collected_at: String,
    pub(super) age: String,
    pub(super) spark: Option<Spark>,
}

/// A label.
pub(super) struct LabelText {
    pub(super) name: String,
    pub(super) value: String,
}

impl SeriesPart {
    pub(super) fn new(
        latest: &Latest,
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
        let last = latest.samples.last().filter(|_| latest.more);
        Self {
            rows: latest.samples.iter().map(|sample| SeriesRow::new(sample, points(sample), now)).collect(),
            source: filter.source.clone().unwrap_or_default(),
            name: filter.name.clone().unwrap_or_default(),
            is_filtered: *filter != SeriesFilter::default(),
            is_later_page: chosen.after.is_some(),
            first_page: links::status(filter, None),
            next_page: last.map(|last| links::status(filter, Some(last.series.key()))),
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
        let labels = series.labels();
        Self {
            key: series.key().to_owned(),
            source: series.source().to_owned(),
            source_link: links::status(&of_source, None),
            name: series.name().to_owned(),
            link: links::series(series),
            more_labels: labels.len().saturating_sub(SHOWN_LABELS),
            labels: labels.take(SHOWN_LABELS).map(|(name, value)| LabelText::cut(name, value)).collect(),
            value: sample.value,
            shown: Shown::new(sample.value, series.unit()),
            collected_at: sample.collected_at.to_string(),
            age: ago(sample.collected_at, now),
            spark: Spark::new(points, series.unit(), now),
        }
    }
}

impl LabelText {
    /// A label whose value is cut off where it is too long for a row.
    fn cut(name: &str, value: &str) -> Self {
        let is_long = value.chars().count() > SHOWN_VALUE_CHARS;
        let mut shown: String = value.chars().take(SHOWN_VALUE_CHARS).collect();
        if is_long {
            shown.push('…');
        }
        Self { name: name.to_owned(), value: shown }
    }
}
