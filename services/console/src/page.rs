//! What the pages say: answers turned into words and figures, without I/O.

mod alert_line;
mod alert_row;
mod alerts_page;
mod dead_letters;
mod listed;
mod moment;
mod overall;
mod plain;
mod series_alerts;
mod series_name;
mod series_page;
mod series_table;
mod shell;
mod spark;
mod status_page;

pub(crate) use alerts_page::AlertsPage;
pub(crate) use plain::PlainHtml;
pub(crate) use series_page::SeriesPage;
pub(crate) use shell::Shell;
pub(crate) use status_page::StatusPage;

use watchkeeper_query::Answer;

/// A part of a page, or why it cannot be shown now.
type Part<T> = Answer<T>;
