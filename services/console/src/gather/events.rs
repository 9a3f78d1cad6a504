//! The data of the pages of events.

use super::Sources;
use crate::events::{Search, Terms};
use crate::explore::Span;
use jiff::tz::TimeZone;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{EventFilter, EventId, SeriesFilter, Timestamp};
use watchkeeper_ports::{Counted, EventQuery, Order, SEARCH_WITHIN, Top};
use watchkeeper_query::{
    Answer, Around, Bars, Events, EventsPage, EventsQuestion, Histogram, PageQuestion, within, within_time,
};

/// Events on one page of the list.
pub const PAGE_EVENTS: usize = 100;
/// Most bars of the histogram.
const MAX_BARS: usize = 60;
/// Most values of a field beside the list.
const TOP_VALUES: usize = 8;
/// Most values of the field that was chosen.
const CHOSEN_VALUES: usize = 30;
/// Neighbours of an event before it, and after it.
const NEIGHBOURS: usize = 10;
/// Most words that may be typed next.
const MAX_WORDS: usize = 12;
/// A search ends with what it has found after [`SEARCH_WITHIN`]; its last step may take a little longer.
const ANSWER_WITHIN: Duration = SEARCH_WITHIN.saturating_add(Duration::from_secs(3));

/// The data of the list.
pub(crate) struct EventsFound {
    /// Where the range begins.
    pub(crate) from: Timestamp,
    /// Newest first.
    pub(crate) page: Answer<EventsPage>,
    pub(crate) histogram: Answer<Histogram>,
    pub(crate) tops: Vec<TopFound>,
    pub(crate) samples: Option<Samples>,
}

/// The most frequent values of a field.
pub(crate) struct TopFound {
    pub(crate) field: Field,
    pub(crate) top: Answer<Counted<Top>>,
}

/// Which samples a service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    pub(crate) service: String,
    pub(crate) filter: SeriesFilter,
}

/// The data of the page of one event.
pub(crate) struct EventFound {
    pub(crate) around: Around,
    pub(crate) samples: Option<Samples>,
}

/// Searches the list, counts the bars and the values concurrently.
pub(crate) async fn find_events(
    sources: &Sources,
    search: &Search,
    filter: EventFilter,
    zone: TimeZone,
    now: Timestamp,
) -> EventsFound {
    let service = Terms::of(&filter).value(&Field::Service).map(str::to_owned);
    let query = EventQuery { filter, time: time(search.span(now)) };
    let events = &sources.events;
    let bars = Bars::at_most(MAX_BARS, zone, &query.time);
    let (page, histogram, tops, samples) = tokio::join!(
        within(ANSWER_WITHIN, "store", page(events, search, &query, now)),
        within(ANSWER_WITHIN, "store", events.histogram(&query, &bars, now)),
        tops(events, search, &query, now),
        samples_of(sources, service.unwrap_or_default()),
    );
    EventsFound { from: query.time.start, page, histogram, tops, samples }
}

async fn page(
    events: &Events,
    search: &Search,
    query: &EventQuery,
    now: Timestamp,
) -> Result<EventsPage, watchkeeper_ports::PortError> {
    let order = search.page.as_ref().map_or(Order::NewestFirst, |page| page.order);
    let after = search.page.as_ref().map(|page| page.after);
    let question = EventsQuestion { query: query.clone(), order, after, limit: PAGE_EVENTS };
    let mut page = events.find(&question, now).await?;
    if order == Order::OldestFirst {
        page.events.reverse();
    }
    Ok(page)
}

async fn tops(events: &Events, search: &Search, query: &EventQuery, now: Timestamp) -> Vec<TopFound> {
    let top = async |field: Field, limit| {
        let top = within(ANSWER_WITHIN, "store", events.top(query, &field, limit, now)).await;
        TopFound { field, top }
    };
    let chosen = async {
        match &search.field {
            Some(name) => Some(top(Field::named(name), CHOSEN_VALUES).await),
            None => None,
        }
    };
    let (chosen, service, host) =
        tokio::join!(chosen, top(Field::Service, TOP_VALUES), top(Field::Host, TOP_VALUES));
    chosen.into_iter().chain([service, host]).collect()
}

/// The samples of which the service is a label, or the source.
async fn samples_of(sources: &Sources, service: String) -> Option<Samples> {
    if service.is_empty() {
        return None;
    }
    let labels = [("service".to_owned(), service.clone())].into();
    let by_label = SeriesFilter { labels, ..SeriesFilter::default() };
    let by_source = SeriesFilter { source: Some(service.clone()), ..SeriesFilter::default() };
    let (by_label, by_source) = tokio::join!(there_are(sources, by_label), there_are(sources, by_source));
    Some(Samples { service, filter: by_label.or(by_source)? })
}

/// The filter, if there are series that it matches. A service may have a name that no source can have.
async fn there_are(sources: &Sources, filter: SeriesFilter) -> Option<SeriesFilter> {
    let filter = filter.checked().ok()?;
    let question = PageQuestion { filter: filter.clone(), limit: 1, cursor: None };
    let found = within_time("store", sources.samples.series(&question)).await.ok()?;
    (!found.items.is_empty()).then_some(filter)
}

/// One event with its neighbours; `None` if it is not stored.
pub(crate) async fn one_event(sources: &Sources, id: EventId) -> Answer<Option<EventFound>> {
    let around = within(ANSWER_WITHIN, "store", sources.events.around(id, NEIGHBOURS)).await?;
    let Some(around) = around else { return Ok(None) };
    let samples = samples_of(sources, around.event.service.clone()).await;
    Ok(Some(EventFound { around, samples }))
}

/// What the name of a field, or a value of `field`, that begins with `text` may become; the most frequent first.
pub(crate) async fn complete_event(
    sources: &Sources,
    search: &Search,
    filter: EventFilter,
    (field, text): (Option<Field>, &str),
    now: Timestamp,
) -> Answer<Vec<String>> {
    let query = EventQuery { filter, time: time(search.span(now)) };
    let words = async {
        match field {
            Some(field) => {
                let found = sources.events.values(&query, &field, text, MAX_WORDS, now).await?;
                Ok::<_, watchkeeper_ports::PortError>(
                    found.found.into_iter().map(|(value, _)| value).collect(),
                )
            }
            None => names(&sources.events, &query, text, now).await,
        }
    };
    let mut words: Vec<String> = within(ANSWER_WITHIN, "store", words).await?;
    words.truncate(MAX_WORDS);
    Ok(words)
}

/// The parts of every event, and then the fields of these.
async fn names(
    events: &Events,
    query: &EventQuery,
    text: &str,
    now: Timestamp,
) -> Result<Vec<String>, watchkeeper_ports::PortError> {
    let parts = [Field::Service, Field::Level, Field::Host, Field::Message].map(|field| field.to_string());
    let mut names: Vec<String> =
        parts.into_iter().filter(|name| name.starts_with(&text.to_lowercase())).collect();
    for field in events.fields(query, text, now).await?.fields {
        if !names.contains(&field.name) {
            names.push(field.name);
        }
    }
    Ok(names)
}

fn time(Span { from, to }: Span) -> Range<Timestamp> {
    from..to
}
