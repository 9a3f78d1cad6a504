//! What the pages say: answers turned into words and figures, without I/O.

mod alert_line;
mod alert_row;
mod alerts_page;
mod dead_letters;
mod lags;
mod listed;
mod moment;
mod overall;
mod plain;
mod roles;
mod series_alerts;
mod series_name;
mod series_page;
mod series_table;
mod shell;
mod spark;

pub(crate) use alerts_page::AlertsPage;
pub(crate) use plain::PlainHtml;
pub(crate) use series_page::SeriesPage;
pub(crate) use shell::Shell;

use crate::gather::{Chosen, NotNow, Status};
use alert_line::AlertLine;
use askama::Template;
use dead_letters::LettersPart;
use lags::LagRow;
use overall::Overall;
use roles::RoleRow;
use series_table::SeriesPart;
use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::RoleState;

/// A part of a page, or why it cannot be shown now.
type Part<T> = Result<T, NotNow>;

/// The page at `/`.
#[derive(Template)]
#[template(path = "status.html", whitespace = "minimize")]
pub(crate) struct StatusPage {
    shell: Shell,
    overall: Overall,
    line: Option<AlertLine>,
    roles: Vec<RoleRow>,
    lags: Vec<LagRow>,
    letters: Part<LettersPart>,
    series: Part<SeriesPart>,
}

impl StatusPage {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        roles: &BTreeMap<&'static str, RoleState>,
        chosen: &Chosen,
        status: Status,
        now: Timestamp,
    ) -> Self {
        Self {
            shell,
            overall: Overall::of(roles, &status),
            line: AlertLine::of(&status.alerting, now),
            roles: roles.iter().map(|(name, state)| RoleRow::new(name, state)).collect(),
            lags: status.lags.into_iter().map(LagRow::new).collect(),
            letters: status.letters.map(|letters| LettersPart::new(letters, now)),
            series: status
                .latest
                .map(|latest| SeriesPart::new(&latest, status.history, status.series, chosen, now)),
        }
    }
}
