//! A series in a row of a table.

use crate::format::cut;
use crate::links;
use watchkeeper_domain::Series;

/// Labels that a row shows; the page of the series shows all.
const SHOWN_LABELS: usize = 6;
/// Longest part of a label's value that a row shows, in characters.
const SHOWN_VALUE_CHARS: usize = 60;

/// A series in a row of a table, with a link to its page.
pub(super) struct SeriesName {
    pub(super) source: String,
    pub(super) name: String,
    pub(super) link: String,
    pub(super) labels: Vec<LabelText>,
    /// Labels that are not shown.
    pub(super) more_labels: usize,
}

/// A label.
pub(super) struct LabelText {
    pub(super) name: String,
    /// Cut off where it is too long for a row.
    pub(super) value: String,
}

impl SeriesName {
    pub(super) fn new(series: &Series) -> Self {
        let labels = series.labels();
        let label = |(name, value): (&str, _)| LabelText {
            name: name.to_owned(),
            value: cut(value, SHOWN_VALUE_CHARS),
        };
        Self {
            source: series.source().to_owned(),
            name: series.name().to_owned(),
            link: links::series(series),
            more_labels: labels.len().saturating_sub(SHOWN_LABELS),
            labels: labels.take(SHOWN_LABELS).map(label).collect(),
        }
    }
}
