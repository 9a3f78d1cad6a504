//! The page of all series.

use super::Part;
use super::series_table::SeriesPart;
use super::shell::Shell;
use crate::gather::{Chosen, SeriesFound};
use askama::Template;
use watchkeeper_domain::Timestamp;

/// The page at `/explore`.
#[derive(Template)]
#[template(path = "explore.html", whitespace = "minimize")]
pub(crate) struct ExplorePage {
    shell: Shell,
    series: Part<SeriesPart>,
}

impl ExplorePage {
    /// The page at the instant `now`.
    pub(crate) fn new(shell: Shell, chosen: &Chosen, found: SeriesFound, now: Timestamp) -> Self {
        let SeriesFound { latest, history, total } = found;
        Self { shell, series: latest.map(|latest| SeriesPart::new(&latest, history, total, chosen, now)) }
    }
}
