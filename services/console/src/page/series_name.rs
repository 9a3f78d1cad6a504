//! A series in a row of a table.

use crate::format::cut;
use crate::links;
use watchkeeper_domain::Series;

/// Maximum number of labels in a row; the series page shows all.
const SHOWN_LABELS: usize = 6;
/// Maximum length of a label value in a row, in characters.
const SHOWN_VALUE_CHARS: usize = 60;

/// A series in a row of a table, with a link to its page.
pub(super) struct SeriesName {
    pub(super) source: String,
    pub(super) name: String,
    pub(super) link: String,
    pub(super) labels: Vec<LabelText>,
    /// The number of labels not shown.
    pub(super) more_labels: usize,
}

pub(super) struct LabelText {
    pub(super) name: String,
    /// Truncated if too long for a row.
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
