//! The page of a series that does not exist.

use super::series_name::SeriesName;
use super::shell::Shell;
use crate::explore::Question;
use askama::Template;
use std::sync::Arc;
use watchkeeper_domain::Series;

/// The page at `/series`, with status 404.
#[derive(Template)]
#[template(path = "no_series.html", whitespace = "minimize")]
pub(crate) struct NoSeriesPage {
    shell: Shell,
    key: String,
    similar: Vec<SeriesName>,
    /// The search for its name.
    search: String,
}

impl NoSeriesPage {
    pub(crate) fn new(shell: Shell, series: &Series, similar: &[Arc<Series>]) -> Self {
        let search = Question { text: series.name().to_owned(), ..Question::default() };
        Self {
            shell,
            key: series.key().to_owned(),
            similar: similar.iter().map(|series| SeriesName::new(series)).collect(),
            search: search.link("/explore"),
        }
    }
}
