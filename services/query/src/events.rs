//! Queries for events: pages, the lines around one, histograms, frequent values, fields, counts and exports.
//!
//! Answers that many ask for are kept for a while in the [`AnswerCache`]; see `kept`. Pages that end now are not, so
//! that an event is shown as soon as it is stored.

mod around;
mod cursor;
mod edges;
mod export;
mod kept;
mod live;
mod page;
mod question;
#[cfg(test)]
mod scripted;

pub use around::{AROUND_WITHIN, Around, MAX_AROUND};
pub use cursor::EventsCursor;
pub use edges::{Bars, DEFAULT_BARS, MAX_BARS, MAX_ZONE_BYTES, read_zone};
pub use export::EXPORT_PAGE;
pub use live::LiveCounts;
pub use page::{EventsPage, MAX_PAGE_BYTES};
pub use question::{
    DEFAULT_EVENTS, DEFAULT_EVENTS_RANGE, EventsQuestion, MAX_EVENTS, MAX_FIELD_BYTES, NOW_STEP, event_field,
    event_filter, events_order, events_query, events_range, range_of,
};

use std::ops::Range;
use std::sync::Arc;
use watchkeeper_domain::event::{Condition, Count, Field, Test};
use watchkeeper_domain::{Timestamp, Violation};
use watchkeeper_ports::{AnswerCache, Bar, Counted, EventQueries, EventQuery, FieldSeen, PortError, Top};

/// What to do about an answer that is partial.
pub const PARTIAL_HINT: &str = "the search was ended after 5 s: choose a shorter time, or add a service, a host or a level \
                                to the query";
/// Values of [`Events::top`] and [`Events::values`]: the default.
pub const DEFAULT_TOP: usize = 10;
/// Most values of [`Events::top`] and [`Events::values`].
pub const MAX_TOP: usize = 1_000;
/// Longest range of [`Events::counts`].
pub const MAX_COUNTS_RANGE: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// Queries for events.
#[derive(Clone)]
pub struct Events {
    store: Arc<dyn EventQueries>,
    answers: Arc<dyn AnswerCache>,
}

/// A histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Where bars begin and end; one more than there are bars.
    pub edges: Vec<Timestamp>,
    /// The events of each bar.
    pub bars: Vec<Bar>,
    /// Since when the bars are complete: the first edge, unless the search took too long.
    pub since: Timestamp,
}

impl Histogram {
    /// Whether some of the range was not searched.
    pub fn is_partial(&self) -> bool {
        self.edges.first().is_some_and(|first| self.since > *first)
    }
}

/// The fields of some events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldsFound {
    /// The fields: by number of events, then by name.
    pub fields: Vec<FieldSeen>,
    /// How many events were looked at.
    pub of: u64,
}

impl Events {
    /// Queries on `store`; `answers` keeps what many ask for.
    pub fn new(store: Arc<dyn EventQueries>, answers: Arc<dyn AnswerCache>) -> Self {
        Self { store, answers }
    }

    /// How many events there were over time, by level. The sum of all bars is the number of events in the range.
    ///
    /// # Errors
    /// Those of [`EventQueries::histogram`].
    pub async fn histogram(
        &self,
        query: &EventQuery,
        bars: &Bars,
        now: Timestamp,
    ) -> Result<Histogram, PortError> {
        let edges = bars.edges(&query.time);
        let ask = self.store.histogram(&query.filter, &edges);
        let Counted { found: bars, since } =
            self.kept("histogram", &(&query.filter, &edges), &query.time, now, ask).await?;
        Ok(Histogram { edges, bars, since })
    }

    /// The most frequent values of a field.
    ///
    /// # Errors
    /// Those of [`EventQueries::top`].
    pub async fn top(
        &self,
        query: &EventQuery,
        field: &Field,
        limit: usize,
        now: Timestamp,
    ) -> Result<Counted<Top>, PortError> {
        let ask = self.store.top(query, field, limit);
        self.kept("top", &(query, field, limit), &query.time, now, ask).await
    }

    /// The most frequent values of a field that begin with `prefix`, to complete a value.
    ///
    /// # Errors
    /// Those of [`EventQueries::top`].
    pub async fn values(
        &self,
        query: &EventQuery,
        field: &Field,
        prefix: &str,
        limit: usize,
        now: Timestamp,
    ) -> Result<Counted<Vec<(String, u64)>>, PortError> {
        let mut query = query.clone();
        if !prefix.is_empty() {
            let begins = Test::Like(vec![prefix.to_owned(), String::new()]);
            query.filter = query.filter.and(Condition::Field(field.clone(), begins));
        }
        let Counted { found, since } = self.top(&query, field, limit, now).await?;
        // A list with one such value has others, too.
        let values = found.values.into_iter().filter(|(value, _)| value.starts_with(prefix));
        Ok(Counted { found: values.collect(), since })
    }

    /// The fields of the newest matching events whose names begin with `prefix`, in upper or lower case.
    ///
    /// # Errors
    /// Those of [`EventQueries::fields`].
    pub async fn fields(
        &self,
        query: &EventQuery,
        prefix: &str,
        now: Timestamp,
    ) -> Result<FieldsFound, PortError> {
        let ask = async {
            let (fields, of) = self.store.fields(query).await?;
            Ok(FieldsFound { fields, of })
        };
        let mut found = self.kept("fields", query, &query.time, now, ask).await?;
        let prefix = prefix.to_lowercase();
        found.fields.retain(|field| field.name.to_lowercase().starts_with(&prefix));
        Ok(found)
    }

    /// The counts of the minutes that begin in `time`.
    ///
    /// # Errors
    /// Those of [`EventQueries::counts`].
    pub async fn counts(
        &self,
        name: &str,
        time: Range<Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<Count>, PortError> {
        let ask = self.store.counts(name, time.clone());
        self.kept("counts", &(name, &time), &time, now, ask).await
    }
}

/// Checks the range of [`Events::counts`].
///
/// # Errors
/// When it is longer than [`MAX_COUNTS_RANGE`].
pub fn counts_range(time: Range<Timestamp>) -> Result<Range<Timestamp>, Violation> {
    if time.end.since(time.start) > MAX_COUNTS_RANGE {
        return Err(Violation::new("from", "must be at most 24h before to"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchkeeper_ports::SEARCH_WITHIN;

    #[test]
    fn the_hint_says_how_long_a_search_may_take() {
        assert!(PARTIAL_HINT.contains(&format!("after {} s:", SEARCH_WITHIN.as_secs())));
    }

    #[test]
    fn counts_are_read_over_the_longest_range_and_no_longer() {
        let (start, longest) = (Timestamp::MIN, Timestamp::MIN.plus(MAX_COUNTS_RANGE));
        assert_eq!(counts_range(start..longest), Ok(start..longest));
        let refused = counts_range(start..longest.plus(Duration::from_micros(1))).unwrap_err();
        assert_eq!(refused.to_string(), "from: must be at most 24h before to");
    }
}
