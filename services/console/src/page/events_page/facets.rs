//! The most frequent values beside the list, each with a link that adds it to the search or removes it.

use super::super::Part;
use crate::events::{HitField, Search, Terms, equals, fields_of_hits, opposite};
use crate::format::{clock, count, cut};
use crate::gather::{EventsFound, TopFound};
use watchkeeper_domain::event::{Condition, Field, Test};
use watchkeeper_domain::{Level, Timestamp};
use watchkeeper_ports::{Bar, Counted, Top};
use watchkeeper_query::NoAnswer;

/// Longest value beside the list, in characters.
const SHOWN_CHARS: usize = 60;

/// The most frequent values of a field.
pub(super) struct Facet {
    pub(super) title: String,
    /// Of which events; empty for all that match.
    pub(super) of: String,
    pub(super) values: Part<Vec<Value>>,
    /// What else there is: `12 others, 3 without it`.
    pub(super) rest: String,
    /// The values in all events that match.
    pub(super) all: Option<String>,
}

/// A value of a field.
pub(super) struct Value {
    pub(super) text: String,
    pub(super) events: String,
    /// The search with it, or without it if it is a term already.
    pub(super) link: String,
    pub(super) is_chosen: bool,
    /// The search for all other events.
    pub(super) not: Option<String>,
}

/// The chosen field, service, host and level of all events, and fields of those on the page.
pub(super) fn facets(search: &Search, terms: &Terms, found: &EventsFound) -> Vec<Facet> {
    let narrowing = Narrowing { search, terms };
    let tops = found.tops.iter().map(|top| narrowing.top(top, found.from));
    let level = match &found.histogram {
        Ok(histogram) => Ok(&*histogram.bars),
        Err(reason) => Err(reason.clone()),
    };
    let events = found.page.as_ref().map(|page| &*page.events).unwrap_or_default();
    let of = format!("of these {}", count(events.len()));
    let hits = fields_of_hits(events).into_iter().filter(|hit| search.field.as_ref() != Some(&hit.path));
    let hits = hits.map(|hit| narrowing.hit(hit, &of));
    tops.chain([narrowing.levels(level)]).chain(hits).collect()
}

/// Makes links that narrow a search.
struct Narrowing<'a> {
    search: &'a Search,
    terms: &'a Terms,
}

impl Narrowing<'_> {
    fn top(&self, TopFound { field, top }: &TopFound, from: Timestamp) -> Facet {
        let values = |Counted { found, .. }: &Counted<Top>| {
            found.values.iter().map(|(value, events)| self.value(field, value, *events)).collect()
        };
        let since = |counted: &Counted<Top>| (counted.since > from).then(|| clock(counted.since, from));
        let rest = top.as_ref().map(|counted| rest(&counted.found, since(counted))).unwrap_or_default();
        Facet {
            title: cut(&field.to_string(), SHOWN_CHARS),
            of: String::new(),
            values: top.as_ref().map(values).map_err(NoAnswer::clone),
            rest,
            all: None,
        }
    }

    fn levels(&self, bars: Result<&[Bar], NoAnswer>) -> Facet {
        let values = bars.map(|bars| {
            let of_level =
                |level: Level| bars.iter().map(|bar| bar.by_level[usize::from(level.number())]).sum::<u64>();
            let levels = Level::ALL.into_iter().rev().map(|level| (level, of_level(level)));
            let levels = levels.filter(|(_, events)| *events > 0);
            levels.map(|(level, events)| self.value(&Field::Level, level.name(), events)).collect()
        });
        Facet { title: "level".to_owned(), of: String::new(), values, rest: String::new(), all: None }
    }

    fn hit(&self, HitField { path, values, more }: HitField, of: &str) -> Facet {
        let field = Field::Other(path);
        let name = field.to_string();
        let values = values.iter().map(|(value, events)| self.value(&field, value, *events)).collect();
        Facet {
            title: cut(&name, SHOWN_CHARS),
            of: of.to_owned(),
            values: Ok(values),
            rest: if more > 0 { format!("{} other values", count(more)) } else { String::new() },
            all: Some(Search { field: Some(name), page: None, ..self.search.clone() }.link("/events")),
        }
    }

    fn value(&self, field: &Field, value: &str, events: u64) -> Value {
        let term = term_of(field, value);
        let is_chosen = self.terms.has(&term);
        let link = |terms: Terms| self.search.with_query(terms.query()).link("/events");
        let text = if value.is_empty() { "(empty)".to_owned() } else { cut(value, SHOWN_CHARS) };
        Value {
            text,
            events: count(events),
            not: (!is_chosen).then(|| link(self.terms.with(opposite(&term)))),
            link: if is_chosen { link(self.terms.without(&term)) } else { link(self.terms.with(term)) },
            is_chosen,
        }
    }
}

/// The term that selects events with this value. Those without a level have none.
fn term_of(field: &Field, value: &str) -> Condition {
    if *field == Field::Level && value == Level::Unknown.name() {
        return Condition::Not(Box::new(Condition::Field(Field::Level, Test::Exists)));
    }
    equals(field.clone(), value)
}

fn rest(top: &Top, since: Option<String>) -> String {
    let others = (top.others > 0).then(|| format!("{} with other values", count(top.others)));
    let without = (top.without > 0).then(|| format!("{} without it", count(top.without)));
    let since = since.map(|since| format!("counted since {since}"));
    [others, without, since].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
