//! Answers that are kept for a while.

use super::{Events, FieldsFound};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde_json::{Value, from_value, json};
use std::fmt::Debug;
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{Count, CountKey};
use watchkeeper_domain::{EventId, Level, Timestamp};
use watchkeeper_ports::{Bar, Counted, EventKey, EventPage, FieldSeen, MAX_ANSWER_BYTES, PortError, Top};
use watchkeeper_wire::json::EventJson;

/// How long an answer about now is kept, and one that is partial.
const NOW_TTL: Duration = Duration::from_secs(2);
/// A question is about the past if its range ended so long ago: hardly any event is later than that.
const SETTLED_AFTER: Duration = Duration::from_secs(5 * 60);
/// Longest time that an answer about the past is kept; less if it ended a short time ago, because of late events.
const PAST_TTL: Duration = Duration::from_secs(60 * 60);
/// How long the cache may take; it is there to save time.
const CACHE_WITHIN: Duration = Duration::from_millis(250);
/// Version of the answers: others are not read.
const VERSION: &str = "events-1";

/// Whether a range that ends at `end` is about the past.
pub(super) fn is_past(end: Timestamp, now: Timestamp) -> bool {
    now.since(end) >= SETTLED_AFTER
}

/// How long the answer to a question about a range that ends at `end` is kept: the longer ago, the longer.
fn ttl(end: Timestamp, now: Timestamp) -> Duration {
    if is_past(end, now) { (now.since(end) / 10).min(PAST_TTL) } else { NOW_TTL }
}

/// An answer that can be kept.
pub(super) trait Keep: Sized {
    fn to_json(&self) -> Value;

    /// The answer; `None` if the value is not one.
    fn from_json(value: Value) -> Option<Self>;

    /// Whether the search took too long; `start` is that of the range.
    fn is_partial(&self, _start: Timestamp) -> bool {
        false
    }
}

impl Events {
    /// The answer that is kept to this question, else that of `ask`. The cache is no condition: without it, every
    /// question is answered by the store.
    pub(super) async fn kept<T: Keep>(
        &self,
        what: &str,
        question: &impl Debug,
        time: &Range<Timestamp>,
        now: Timestamp,
        ask: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        let key = key(what, question);
        if let Ok(Ok(Some(kept))) = tokio::time::timeout(CACHE_WITHIN, self.answers.get(&key)).await
            && let Some(answer) = serde_json::from_slice(&kept).ok().and_then(T::from_json)
        {
            return Ok(answer);
        }
        let answer = ask.await?;
        let ttl = if answer.is_partial(time.start) { NOW_TTL } else { ttl(time.end, now) };
        let bytes = answer.to_json().to_string();
        if bytes.len() <= MAX_ANSWER_BYTES {
            let put = self.answers.put(&key, Bytes::from(bytes), ttl);
            if let Ok(Err(error)) = tokio::time::timeout(CACHE_WITHIN, put).await {
                tracing::debug!(%error, "answer not kept");
            }
        }
        Ok(answer)
    }
}

/// Two questions have the same key only if they are the same.
fn key(what: &str, question: &impl Debug) -> String {
    let hash = digest(&SHA256, format!("{question:?}").as_bytes());
    format!("{VERSION}/{what}/{}", HEXLOWER.encode(hash.as_ref()))
}

impl Keep for EventPage {
    fn to_json(&self) -> Value {
        let events: Vec<_> = self.events.iter().map(EventJson::from).collect();
        let next = self.next.map(|key| (key.occurred_at.as_micros(), key.id.to_string()));
        json!([events, next, self.is_partial])
    }

    fn from_json(value: Value) -> Option<Self> {
        let (events, next, is_partial): (Vec<EventJson>, Option<(i64, String)>, bool) =
            from_value(value).ok()?;
        let key = |(micros, id): (i64, String)| {
            Some(EventKey { occurred_at: Timestamp::from_micros(micros)?, id: id.parse::<EventId>().ok()? })
        };
        let next = match next {
            Some(next) => Some(key(next)?),
            None => None,
        };
        let events: Option<_> = events.into_iter().map(|event| event.try_into().ok()).collect();
        Some(Self { events: events?, next, is_partial })
    }

    fn is_partial(&self, _: Timestamp) -> bool {
        self.is_partial
    }
}

impl<T: Keep> Keep for Counted<T> {
    fn to_json(&self) -> Value {
        json!([self.since.as_micros(), self.found.to_json()])
    }

    fn from_json(value: Value) -> Option<Self> {
        let (since, found): (i64, Value) = from_value(value).ok()?;
        Some(Self { since: Timestamp::from_micros(since)?, found: T::from_json(found)? })
    }

    fn is_partial(&self, start: Timestamp) -> bool {
        self.since > start
    }
}

impl Keep for Vec<Bar> {
    fn to_json(&self) -> Value {
        self.iter().map(|bar| json!(bar.by_level)).collect()
    }

    fn from_json(value: Value) -> Option<Self> {
        let bars: Vec<_> = from_value(value).ok()?;
        Some(bars.into_iter().map(|by_level| Bar { by_level }).collect())
    }
}

impl Keep for Top {
    fn to_json(&self) -> Value {
        json!([self.values, self.others, self.without])
    }

    fn from_json(value: Value) -> Option<Self> {
        let (values, others, without) = from_value(value).ok()?;
        Some(Self { values, others, without })
    }
}

impl Keep for FieldsFound {
    fn to_json(&self) -> Value {
        let fields: Vec<_> =
            self.fields.iter().map(|field| (&field.name, field.events, &field.example)).collect();
        json!([fields, self.of])
    }

    fn from_json(value: Value) -> Option<Self> {
        let (fields, of): (Vec<(String, u64, String)>, u64) = from_value(value).ok()?;
        let fields = fields.into_iter().map(|(name, events, example)| FieldSeen { name, events, example });
        Some(Self { fields: fields.collect(), of })
    }
}

impl Keep for Vec<Count> {
    fn to_json(&self) -> Value {
        self.iter()
            .map(|Count { minute, key, events }| {
                json!([minute.as_micros(), key.name, key.service, key.level.name(), key.labels, events])
            })
            .collect()
    }

    fn from_json(value: Value) -> Option<Self> {
        let counts: Vec<(i64, String, String, String, _, u64)> = from_value(value).ok()?;
        let count = |(minute, name, service, level, labels, events): (_, _, _, String, _, _)| {
            let key = CountKey { name, service, level: level.parse::<Level>().ok()?, labels };
            Some(Count { minute: Timestamp::from_micros(minute)?, key, events })
        };
        counts.into_iter().map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::{Scripted, event, question};
    use super::super::{Bars, EventsQuestion};
    use super::*;
    use jiff::tz::TimeZone;
    use watchkeeper_domain::event::{EVENTS, Field};
    use watchkeeper_ports::{EventQuery, MAX_ANSWER_KEY_BYTES};

    fn query() -> EventQuery {
        question(1).query
    }

    #[test]
    fn the_longer_ago_the_longer_an_answer_is_kept() {
        let now = Timestamp::from_micros(1_000_000_000_000_000).unwrap();
        let after = |ago: u64| ttl(now.minus(Duration::from_secs(ago)), now);
        assert_eq!((after(0), after(299)), (NOW_TTL, NOW_TTL));
        assert_eq!((after(300), after(3_600)), (Duration::from_secs(30), Duration::from_secs(360)));
        assert_eq!(after(1_000_000), PAST_TTL);
        assert_eq!(ttl(now.plus(PAST_TTL), now), NOW_TTL);
    }

    #[tokio::test]
    async fn what_was_asked_before_is_answered_from_memory_and_the_same() {
        let store = Scripted::with((0..30).map(|number| event(number, &format!("line {number}"))));
        let (events, query) = (store.events(), query());
        let now = query.time.end.plus(PAST_TTL);
        let bars = Bars::at_most(10, TimeZone::UTC, &query.time);
        let ask = async || {
            (
                events.find(&question(7), now).await.unwrap(),
                events.histogram(&query, &bars, now).await.unwrap(),
                events.top(&query, &Field::Message, 3, now).await.unwrap(),
                events.fields(&query, "", now).await.unwrap(),
                events.counts(EVENTS, query.time.clone(), now).await.unwrap(),
            )
        };
        let first = ask().await;
        let calls = store.calls();
        store.fail();
        assert_eq!(ask().await, first);
        assert_eq!(store.calls(), calls, "the store was not asked again");
        assert!(first.0.next.is_some() && !first.3.fields.is_empty() && !first.4.is_empty());
    }

    #[tokio::test]
    async fn a_page_that_ends_now_is_always_read_and_another_question_has_another_answer() {
        let store = Scripted::with([event(1, "old")]);
        let (events, now) = (store.events(), query().time.end);
        let count = async |question: &EventsQuestion| events.find(question, now).await.unwrap().events.len();
        assert_eq!(count(&question(10)).await, 1);
        store.add(event(2, "new"));
        assert_eq!(count(&question(10)).await, 2);
        let later = now.plus(PAST_TTL);
        let top = async |limit| {
            events.top(&query(), &Field::Message, limit, later).await.unwrap().found.values.len()
        };
        assert_eq!((top(1).await, top(2).await), (1, 2));
    }

    #[tokio::test]
    async fn without_the_cache_every_question_is_answered() {
        let store = Scripted::with([event(1, "one")]);
        store.lose_cache();
        let page = store.events().find(&question(1), query().time.end.plus(PAST_TTL)).await.unwrap();
        assert_eq!(page.events.len(), 1);
    }

    #[tokio::test]
    async fn a_partial_answer_is_soon_forgotten_and_a_broken_one_is_none() {
        let store = Scripted::with((0..30).map(|number| event(number, "line")));
        store.stop_after(3);
        let (events, now) = (store.events(), query().time.end.plus(PAST_TTL));
        assert!(events.find(&question(7), now).await.unwrap().is_partial);
        assert_eq!(store.ttls(), [NOW_TTL]);
        store.break_answers();
        store.stop_after(usize::MAX);
        assert!(!events.find(&question(7), now).await.unwrap().is_partial);
    }

    #[test]
    fn a_key_is_within_the_limit_whatever_the_question() {
        let long = "x".repeat(100_000);
        assert!(key("histogram", &long).len() <= MAX_ANSWER_KEY_BYTES);
        assert_ne!(key("top", &(1, 2)), key("top", &(2, 1)));
    }
}
