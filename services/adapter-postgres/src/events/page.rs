//! Pages of events.

use super::names::Origins;
use super::rows::{COLUMNS, read};
use super::search::{Ended, Search, Sought};
use super::slices::Slices;
use crate::database::Connection;
use crate::error::Error;
use crate::instant::Instant;
use crate::uuid::Uuid;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant as Clock};
use tokio_postgres::types::Type;
use watchkeeper_domain::{EventId, Timestamp};
use watchkeeper_ports::{
    EventKey, EventPage, EventQuery, FIELDS_OF_EVENTS, FieldSeen, FieldsSeen, Order, SEARCH_WITHIN,
};

/// Most rows of one statement whose rows must be checked.
const CHECKED_AT_ONCE: usize = 10_000;
/// Most events whose fields are in memory at a time: each may be large.
const FIELDS_AT_ONCE: usize = 200;
/// How many times more rows a statement has than the one before, whose rows were checked and did not fill the page.
const GROWTH: usize = 8;
/// The parameters of the statement before those of the filter: the slice, and the event after which it continues.
const OTHERS: usize = 4;

/// The first `limit` matching events after a place.
pub(super) async fn page(
    connection: &mut Connection,
    origins: Origins<'_>,
    query: &EventQuery,
    order: Order,
    after: Option<EventKey>,
    limit: usize,
) -> Result<EventPage, Error> {
    if limit == 0 {
        return Ok(EventPage::default());
    }
    let sought =
        Sought::of(connection, origins, &query.filter, rest(&query.time, order, after), OTHERS).await?;
    let search = Search::begin(connection);
    let mut page = Page { sought: &sought, order, place: after, found: Vec::new(), limit };
    let mut slices = Slices::of(sought.time.clone(), order);
    let mut is_complete = true;
    while let Some(slice) = slices.next() {
        let began = Clock::now();
        match page.search(&search, &slice).await? {
            Ended::Complete => {
                slices.cover(&slice, began.elapsed());
                page.place = Some(between(slices.border()));
            }
            Ended::Stopped => break,
            Ended::OutOfTime => {
                is_complete = false;
                break;
            }
        }
    }
    let border = page.place.unwrap_or_else(|| between(slices.border()));
    Ok(page.finish(is_complete, border))
}

/// The part of a range that may have events after a place.
fn rest(time: &Range<Timestamp>, order: Order, after: Option<EventKey>) -> Range<Timestamp> {
    match (order, after) {
        (_, None) => time.clone(),
        (Order::NewestFirst, Some(after)) => {
            time.start..time.end.min(after.occurred_at.plus(Duration::from_micros(1)))
        }
        (Order::OldestFirst, Some(after)) => time.start.max(after.occurred_at)..time.end,
    }
}

/// The place before all events of an instant.
fn between(at: Timestamp) -> EventKey {
    EventKey { occurred_at: at, id: EventId::from_u128(0) }
}

struct Page<'s, 'f> {
    sought: &'s Sought<'f>,
    order: Order,
    /// The last event that was looked at, or the last border of slices.
    place: Option<EventKey>,
    found: Vec<watchkeeper_domain::Event>,
    limit: usize,
}

impl Page<'_, '_> {
    /// Searches a slice; stops when there is one event more than a page has.
    async fn search(&mut self, search: &Search<'_>, slice: &Range<Timestamp>) -> Result<Ended, Error> {
        let Sought { filter, bounds, params, .. } = self.sought;
        let is_exact = bounds.are_exact();
        let mut most = 0;
        loop {
            let room = (self.limit + 1).saturating_sub(self.found.len());
            most = at_once(most, room, is_exact);
            let sql = statement(self.order, self.place.is_some(), &bounds.may.to_string(), most);
            let after = self.place.unwrap_or_else(|| between(slice.start));
            let (from, to) = (Instant(slice.start), Instant(slice.end));
            let (after_at, after_id) = (Instant(after.occurred_at), Uuid(after.id));
            let params = params.with(&[
                (&from, Type::TIMESTAMPTZ),
                (&to, Type::TIMESTAMPTZ),
                (&after_at, Type::TIMESTAMPTZ),
                (&after_id, Type::UUID),
            ]);
            let mut rows = 0;
            let ended = search
                .rows(&sql, params, |row| {
                    rows += 1;
                    let event = read(row, 0)?;
                    self.place = Some(EventKey::of(&event));
                    if is_exact || filter.matches(&event) {
                        self.found.push(event);
                    }
                    let is_full = self.found.len() > self.limit;
                    Ok(if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                })
                .await?;
            if ended != Ended::Complete || rows < most {
                return Ok(ended);
            }
        }
    }

    fn finish(self, is_complete: bool, border: EventKey) -> EventPage {
        let Self { mut found, limit, .. } = self;
        let has_more = found.len() > limit || !is_complete;
        let is_full = found.len() >= limit;
        found.truncate(limit);
        let last = found.last().map(EventKey::of).filter(|_| is_full);
        EventPage {
            next: has_more.then(|| last.unwrap_or(border)),
            is_partial: !is_complete && !is_full,
            events: found,
        }
    }
}

/// Most rows of the next statement, after one of `before` rows, when the page has room for `room` events. Most rows that
/// are checked match, so it begins with as many as there is room for: the server computes all, also those that nobody reads.
fn at_once(before: usize, room: usize, is_exact: bool) -> usize {
    if is_exact { room } else { (before * GROWTH).clamp(room, CHECKED_AT_ONCE.max(room)) }
}

fn statement(order: Order, has_place: bool, condition: &str, most: usize) -> String {
    let (sign, direction) = match order {
        Order::NewestFirst => ("<", " DESC"),
        Order::OldestFirst => (">", ""),
    };
    let after = if has_place { format!("AND (e.at, e.id) {sign} ($3, $4)") } else { String::new() };
    format!(
        "SELECT {COLUMNS} FROM event_rows e WHERE e.at >= $1 AND e.at < $2 {after} AND {condition}
         ORDER BY e.at{direction}, e.id{direction} LIMIT {most}"
    )
}

/// The fields of the newest matching events, of which a part is in memory at a time.
pub(super) async fn fields(
    connection: &mut Connection,
    origins: Origins<'_>,
    query: &EventQuery,
) -> Result<(Vec<FieldSeen>, u64), Error> {
    let began = Clock::now();
    let (mut seen, mut left, mut after) = (FieldsSeen::default(), FIELDS_OF_EVENTS, None);
    while left > 0 && began.elapsed() < SEARCH_WITHIN {
        let limit = left.min(FIELDS_AT_ONCE);
        let EventPage { events, next, is_partial } =
            page(connection, origins, query, Order::NewestFirst, after, limit).await?;
        for event in &events {
            seen.add(event);
        }
        left -= events.len();
        if next.is_none() || is_partial {
            break;
        }
        after = next;
    }
    Ok(seen.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_to_be_checked_are_few_at_first_and_never_more_than_the_limit() {
        let mut most = 0;
        let statements: Vec<_> = (0..5)
            .map(|_| {
                most = at_once(most, 51, false);
                most
            })
            .collect();
        assert_eq!(statements, [51, 408, 3_264, CHECKED_AT_ONCE, CHECKED_AT_ONCE]);
        assert_eq!(at_once(CHECKED_AT_ONCE, 20_000, false), 20_000, "a page of more takes one statement");
        assert_eq!(at_once(51, 7, true), 7, "of rows that match surely, no more than there is room for");
    }
}
