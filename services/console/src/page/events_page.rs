//! The page that searches events.

mod facets;
mod form;
mod list;

use super::Part;
use super::moment::Moment;
use super::range_choice::RangeChoice;
use super::shell::Shell;
use crate::events::{Bars, Search, Terms};
use crate::explore::{Over, Question, Range};
use crate::format::cut;
use crate::gather::{EventSamples, EventsFound};
use askama::Template;
use facets::{Facet, facets};
use form::SearchForm;
use list::EventsList;
use watchkeeper_domain::event::FilterError;
use watchkeeper_domain::{EventFilter, Timestamp};

/// What to do if a search takes too long.
const NARROW: &str = "Choose a shorter time, or add service=, host= or level>= to the search.";
/// Longest name of a service in a link, in characters.
const SHOWN_CHARS: usize = 60;

/// The page at `/events`.
#[derive(Template)]
#[template(path = "events.html", whitespace = "minimize")]
pub(crate) struct EventsView {
    shell: Shell,
    form: SearchForm,
    range: RangeChoice,
    title: String,
    /// The range in words.
    over: String,
    /// `None` if the query is not understood.
    bars: Option<Part<Bars>>,
    /// Since when the bars are complete, unless all are.
    uncounted_since: Option<Moment>,
    narrow: &'static str,
    /// `None` if the query is not understood.
    list: Option<Part<EventsList>>,
    facets: Vec<Facet>,
    samples: Option<SamplesLink>,
}

/// A link to the samples of a service.
pub(super) struct SamplesLink {
    pub(super) link: String,
    pub(super) text: String,
}

impl EventsView {
    /// The page at the instant `now`.
    pub(crate) fn new(
        shell: Shell,
        search: &Search,
        found: Result<(EventFilter, EventsFound), FilterError>,
        now: Timestamp,
    ) -> Self {
        let link = |range| search.with_range(range).link("/events");
        let range = RangeChoice::of(Over::of_events(), "/events", kept_by_range(search), search.range, link);
        let page = Self {
            form: SearchForm::new(search, found.as_ref().map(|(filter, _)| filter)),
            range,
            title: format!("Events by level, {}", search.range.title()),
            over: search.range.title(),
            bars: None,
            uncounted_since: None,
            narrow: NARROW,
            list: None,
            facets: Vec::new(),
            samples: None,
            shell,
        };
        match found {
            Ok((filter, found)) => page.with(search, &Terms::of(&filter), found, now),
            Err(_) => page,
        }
    }

    fn with(self, search: &Search, terms: &Terms, found: EventsFound, now: Timestamp) -> Self {
        let uncounted = found.histogram.as_ref().ok().filter(|histogram| histogram.is_partial());
        let uncounted_since = uncounted.map(|histogram| Moment::clock(histogram.since, now));
        Self {
            facets: facets(search, terms, &found),
            uncounted_since,
            bars: match &found.histogram {
                Ok(histogram) => Bars::new(histogram, search).map(Ok),
                Err(reason) => Some(Err(reason.clone())),
            },
            samples: found.samples.as_ref().map(|samples| SamplesLink::new(samples, search.range)),
            list: Some(found.page.map(|page| EventsList::new(&page, search))),
            ..self
        }
    }
}

/// What the form of instants keeps.
fn kept_by_range(search: &Search) -> Vec<(String, String)> {
    search.with_range(Range::default()).parameters()
}

impl SamplesLink {
    pub(super) fn new(samples: &EventSamples, range: Range) -> Self {
        let question = Question { filter: samples.filter.clone(), range, ..Question::default() };
        Self {
            link: question.link("/explore"),
            text: format!("Samples of {}", cut(&samples.service, SHOWN_CHARS)),
        }
    }
}
