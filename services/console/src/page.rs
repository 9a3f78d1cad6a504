//! Turns answers into the text and figures of the pages, without I/O.

mod alert_line;
mod alert_row;
mod alerts_page;
mod dead_letters;
mod explore_page;
mod listed;
mod moment;
mod notice;
mod overall;
mod overview_page;
mod series_alerts;
mod series_name;
mod series_page;
mod series_table;
mod shell;
mod spark;
mod system_page;

pub(crate) use alerts_page::AlertsPage;
pub(crate) use explore_page::ExplorePage;
pub(crate) use notice::{ProblemNotice, SignIn};
pub(crate) use overview_page::OverviewPage;
pub(crate) use series_page::SeriesPage;
pub(crate) use shell::Shell;
pub(crate) use system_page::SystemPage;

use askama::filters::{Escaper, Html};
use std::fmt;
use watchkeeper_domain::text;
use watchkeeper_query::Answer;

/// A part of a page, or why it cannot be shown.
type Part<T> = Answer<T>;

/// Escapes markup, and writes out control and invisible characters ([`text`]). Applied to every template expression.
/// Attributes that the script reads use `|escape("xml")` instead, which keeps all characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainHtml;

impl Escaper for PlainHtml {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &text::lines(string))
    }
}
