//! Turns answers into the text and figures of the pages, without I/O.

mod alert_line;
mod alert_page;
mod alert_row;
mod alerts_page;
mod attention;
mod bar;
mod board;
mod csv;
mod dead_letters;
mod done;
mod event_page;
mod event_row;
mod events;
mod events_page;
mod explore_page;
mod hosts;
mod listed;
mod moment;
mod no_series_page;
mod notice;
mod overall;
mod overview_page;
mod panel;
mod range_choice;
mod rule_page;
mod series_alerts;
mod series_name;
mod series_page;
mod shell;
mod silence_form;
mod silence_page;
mod spark;
mod status_page;
mod system_page;
mod target_page;

pub(crate) use alert_page::{AlertPage, AlertView};
pub(crate) use alerts_page::{AlertsPage, AlertsView};
pub(crate) use csv::{csv_of_line, csv_of_series};
pub(crate) use done::Done;
pub(crate) use event_page::EventView;
pub(crate) use events_page::EventsView;
pub(crate) use explore_page::ExplorePage;
pub(crate) use no_series_page::NoSeriesPage;
pub(crate) use notice::{ProblemNotice, SignIn};
pub(crate) use overview_page::OverviewPage;
pub(crate) use rule_page::RulePage;
pub(crate) use series_page::SeriesPage;
pub(crate) use shell::Shell;
pub(crate) use silence_form::{Back, DURATION, SilenceForm, Typed};
pub(crate) use silence_page::SilencePage;
pub(crate) use status_page::{Badge, Feed, StatusNotice, StatusPageView, json as status_page_json};
pub(crate) use system_page::SystemPage;
pub(crate) use target_page::TargetPage;

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
