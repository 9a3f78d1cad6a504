//! Searches events: walks an index, and reads those that it does not decide.

use super::decide::{self, Decider, needs_fields};
use super::row::Rows;
use super::walk::{self, Entry, Span};
use crate::sqlite::Error;
use rusqlite::Connection;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};
use watchkeeper_domain::event::Field;
use watchkeeper_domain::{Event, EventFilter, Timestamp};
use watchkeeper_ports::{
    Bar, Counted, EventKey, EventPage, EventQuery, FIELDS_OF_EVENTS, FieldSeen, FieldsSeen, Order, Top,
    ValuesSeen,
};

/// Entries between looks at the clock. Each search looks at as many at least, so that it makes progress.
const ENTRIES_BETWEEN_LOOKS: usize = 64;

/// A search of events.
struct Search<'q> {
    filter: &'q EventFilter,
    span: Span,
    order: Order,
    /// How long it may take.
    within: Duration,
    /// Whether it looks at all events of an instant or at none, so that what it has found can be said by time.
    by_instants: bool,
}

/// A matching event.
struct Found<'r, 'c> {
    entry: Entry,
    /// If it was read to tell whether it matches.
    event: Option<Event>,
    rows: &'r mut Rows<'c>,
}

impl Found<'_, '_> {
    fn event(self) -> Result<Event, Error> {
        self.event.map_or_else(|| self.rows.event(&self.entry), Ok)
    }
}

impl<'q> Search<'q> {
    /// Of the numbers of events of `time`, newest first.
    fn of_numbers(filter: &'q EventFilter, time: &Range<Timestamp>, within: Duration) -> Self {
        let order = Order::NewestFirst;
        Self { filter, span: Span::of(time, order, None), order, within, by_instants: true }
    }

    /// Where matching events can be; `None` if nowhere.
    fn span_of_matching(&self, rows: &Rows<'_>) -> Result<Option<Span>, Error> {
        match decide::only(self.filter.condition()) {
            Some(id) => Ok(rows.key_of(id)?.and_then(|key| self.span.only(key))),
            None => Ok(Some(self.span)),
        }
    }

    /// Calls `found` for each matching event, until it breaks or the time is up: then returns the last event that it
    /// looked at.
    fn run(
        &self,
        conn: &Connection,
        mut found: impl FnMut(Found<'_, '_>) -> Result<ControlFlow<()>, Error>,
    ) -> Result<Option<EventKey>, Error> {
        let Some(path) = decide::path(conn, self.filter)? else { return Ok(None) };
        let (ends_at, needs_fields) = (Instant::now() + self.within, needs_fields(self.filter.condition()));
        let (mut rows, mut decider) = (Rows::of(conn), Decider::of(self.filter));
        let Some(span) = self.span_of_matching(&rows)? else { return Ok(None) };
        let (mut looked_at, mut is_due, mut last) = (0_usize, false, None::<EventKey>);
        let mut ended_at = None;
        walk::each(conn, path, span, self.order, |entry| {
            if looked_at >= ENTRIES_BETWEEN_LOOKS {
                is_due |= looked_at.is_multiple_of(ENTRIES_BETWEEN_LOOKS) && Instant::now() >= ends_at;
                let ends_instant = last.is_some_and(|last| last.occurred_at != entry.key.occurred_at);
                if is_due && (ends_instant || !self.by_instants) {
                    ended_at = last;
                    return Ok(ControlFlow::Break(()));
                }
            }
            looked_at += 1;
            last = Some(entry.key);
            let event = match decider.decide(&entry, &mut rows)? {
                Some(false) => return Ok(ControlFlow::Continue(())),
                Some(true) => None,
                None => {
                    let event = if needs_fields { rows.event(&entry)? } else { rows.without_fields(&entry)? };
                    if !self.filter.matches(&event) {
                        return Ok(ControlFlow::Continue(()));
                    }
                    needs_fields.then_some(event)
                }
            };
            found(Found { entry, event, rows: &mut rows })
        })?;
        Ok(ended_at)
    }
}

/// A page of events.
pub(super) fn page(
    conn: &Connection,
    query: &EventQuery,
    order: Order,
    after: Option<EventKey>,
    limit: usize,
    within: Duration,
) -> Result<EventPage, Error> {
    if limit == 0 {
        return Ok(EventPage::default());
    }
    let span = Span::of(&query.time, order, after);
    let search = Search { filter: &query.filter, span, order, within, by_instants: false };
    let (mut events, mut more) = (Vec::new(), false);
    let ended_at = search.run(conn, |found| {
        if events.len() == limit {
            more = true;
            return Ok(ControlFlow::Break(()));
        }
        events.push(found.event()?);
        Ok(ControlFlow::Continue(()))
    })?;
    let is_partial = ended_at.is_some() && events.len() < limit;
    let next = ended_at.or_else(|| events.last().filter(|_| more).map(EventKey::of));
    Ok(EventPage { events, next, is_partial })
}

/// The bars between neighbouring edges.
pub(super) fn histogram(
    conn: &Connection,
    filter: &EventFilter,
    edges: &[Timestamp],
    within: Duration,
) -> Result<Counted<Vec<Bar>>, Error> {
    let [first, .., last] = edges else {
        return Err(Error::Rejected(format!(
            "edges: there are {}, a histogram has two at least",
            edges.len()
        )));
    };
    let mut bars = vec![Bar::default(); edges.len() - 1];
    let search = Search::of_numbers(filter, &(*first..*last), within);
    let ended_at = search.run(conn, |Found { entry, .. }| {
        let edges_before = edges.partition_point(|edge| *edge <= entry.key.occurred_at);
        if let Some(bar) = bars.get_mut(edges_before.wrapping_sub(1)) {
            bar.by_level[usize::from(entry.level.number())] += 1;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Counted { found: bars, since: ended_at.map_or(*first, |last| last.occurred_at) })
}

/// The most frequent values of a field.
pub(super) fn top(
    conn: &Connection,
    query: &EventQuery,
    field: &Field,
    limit: usize,
    within: Duration,
) -> Result<Counted<Top>, Error> {
    let is_in_index = matches!(field, Field::Id | Field::Level | Field::Service | Field::Host);
    let mut seen = ValuesSeen::default();
    let search = Search::of_numbers(&query.filter, &query.time, within);
    let ended_at = search.run(conn, |found| {
        let event = if is_in_index { found.rows.outline(&found.entry)? } else { found.event()? };
        let values = field.values(&event);
        if values.is_empty() {
            seen.add_without(1);
        }
        for value in values {
            seen.add(&value, 1);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let since = ended_at.map_or(query.time.start, |last| last.occurred_at);
    Ok(Counted { found: seen.top(limit), since })
}

/// The fields of the newest events.
pub(super) fn fields(
    conn: &Connection,
    query: &EventQuery,
    within: Duration,
) -> Result<(Vec<FieldSeen>, u64), Error> {
    let (mut seen, mut events) = (FieldsSeen::default(), 0);
    Search::of_numbers(&query.filter, &query.time, within).run(conn, |found| {
        seen.add(&found.event()?);
        events += 1;
        Ok(if events == FIELDS_OF_EVENTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(seen.finish())
}
