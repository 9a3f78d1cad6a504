//! The list of series that were found.

use super::super::moment::Moment;
use super::super::series_name::SeriesName;
use super::super::spark::Spark;
use crate::explore::Question;
use crate::format::{Shown, count};
use crate::gather::{Found, History, PAGE_SERIES};
use crate::links;
use std::collections::BTreeMap;
use watchkeeper_domain::{Point, Sample, SeriesFilter, Timestamp};
use watchkeeper_query::{Answer, MAX_SEARCHED};

pub(super) struct ListPart {
    pub(super) rows: Vec<SeriesRow>,
    /// The number of all that were found.
    pub(super) total: String,
    /// Whether something was searched for.
    pub(super) is_narrow: bool,
    /// `page 2 of 7`, unless there is one.
    pub(super) place: Option<String>,
    pub(super) first_page: Option<String>,
    pub(super) previous_page: Option<String>,
    pub(super) next_page: Option<String>,
    /// The number of series that were searched, if there are more.
    pub(super) cut_to: Option<String>,
    /// Why there are no sparklines, if there are none.
    pub(super) no_lines: Option<String>,
    /// The stream that the script follows.
    pub(super) stream: String,
    /// Whether every series of the stream has a row, so that any other is new.
    pub(super) lists_all: bool,
}

/// One series and its latest value.
pub(super) struct SeriesRow {
    pub(super) key: String,
    pub(super) is_picked: bool,
    pub(super) source_link: String,
    pub(super) series: SeriesName,
    pub(super) value: f64,
    pub(super) shown: Shown,
    pub(super) collected: Moment,
    pub(super) spark: Option<Spark>,
}

impl ListPart {
    pub(super) fn new(found: &Found, history: Answer<History>, question: &Question, now: Timestamp) -> Self {
        let (history, no_lines) = match history {
            Ok(history) => (history, None),
            Err(reason) => (History::default(), Some(reason.to_string())),
        };
        let points = |sample: &Sample| history.get(&sample.series).map_or(&[][..], Vec::as_slice);
        let row = |sample: &Sample| SeriesRow::new(sample, points(sample), question, now);
        let pages = found.all.len().div_ceil(PAGE_SERIES);
        let page = |page: usize| Question { page, ..question.clone() }.link("/explore");
        // Only source and name: the stream has no words.
        let followed = SeriesFilter { labels: BTreeMap::new(), ..question.filter.clone() };
        Self {
            rows: found.rows.iter().map(row).collect(),
            total: count(found.all.len()),
            is_narrow: question.is_narrow(),
            place: (pages > 1).then(|| format!("page {} of {}", count(question.page), count(pages))),
            first_page: (question.page > 2 || question.page > pages.max(1)).then(|| page(1)),
            previous_page: (2..=pages).contains(&question.page).then(|| page(question.page - 1)),
            next_page: (question.page < pages).then(|| page(question.page + 1)),
            cut_to: found.is_cut.then(|| count(MAX_SEARCHED)),
            no_lines,
            stream: links::stream(&followed),
            lists_all: pages <= 1 && question.text.is_empty() && question.filter.labels.is_empty(),
        }
    }
}

impl SeriesRow {
    fn new(sample: &Sample, points: &[Point], question: &Question, now: Timestamp) -> Self {
        let series = &*sample.series;
        let of_source = SeriesFilter { source: Some(series.source().to_owned()), ..SeriesFilter::default() };
        Self {
            key: series.key().to_owned(),
            is_picked: question.picked.contains(series),
            source_link: Question { filter: of_source, ..Question::default() }.link("/explore"),
            series: SeriesName::new(series),
            value: sample.value,
            shown: Shown::new(sample.value, series.unit()),
            collected: Moment::ago(sample.collected_at, now),
            spark: Spark::new(points, series.unit(), now),
        }
    }
}
