//! A model of the store, compared over many random queries.

use super::{append, found, other};
use crate::Fixture;
use crate::samples::after;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;
use watchkeeper_domain::event::{Comparison, Condition, EventIds, Field, Fields, Operand, Test};
use watchkeeper_domain::{Event, EventFilter, EventId, Level, Timestamp};
use watchkeeper_ports::{Bar, EventKey, EventQuery, EventStore, FIELDS_OF_EVENTS, Order, Top};

/// How many queries of a kind to make, each from a seed that a failure reports.
const QUESTIONS: u64 = 80;
/// The events lie within this many seconds: two days.
const SECONDS: u64 = 2 * 86_400;
/// How many events the model has.
const EVENTS: usize = 600;

const SERVICES: [&str; 5] = ["shop", "Shop", "shop-2", "bank", ""];
const HOSTS: [&str; 4] = ["web-1", "web-2", "db%_1", ""];
const MESSAGES: [&str; 7] = [
    "connection timed out after 30 s",
    "Connection TIMED OUT",
    "order 17 paid",
    "der Käse ist aus",
    "DER KÄSE IST DA",
    "100 % of '_' \\ done",
    "",
];
const WORDS: [&str; 9] = ["timed out", "TIMED", "käse", "Käse", "%", "_", "\\", "order 17", ""];

fn one_of<T: Clone>(random: &mut StdRng, all: &[T]) -> T {
    all[random.random_range(0..all.len())].clone()
}

/// Text of so many bytes at least, which no compression makes small.
pub(super) fn noise(bytes: usize) -> String {
    let (mut random, mut text) = (StdRng::seed_from_u64(1), String::new());
    while text.len() < bytes {
        text.push(random.random_range('!'..='\u{7ff}'));
    }
    text
}

/// Events at random instants, many at the same, with ids of both kinds.
pub(super) fn any_events(seed: u64, count: usize) -> Vec<Event> {
    let (mut random, mut ids) = (StdRng::seed_from_u64(seed), EventIds::new(9));
    let any = |number: usize| {
        let coarse = random.random_range(0..SECONDS / 3_600) * 3_600;
        let seconds = if random.random::<bool>() { coarse } else { random.random_range(0..SECONDS) };
        let arrived = ids.next(after(number as u64));
        Event {
            id: if random.random::<bool>() { arrived } else { EventId::given(&number.to_string()) },
            occurred_at: after(seconds),
            level: one_of(&mut random, &Level::ALL),
            service: one_of(&mut random, &SERVICES).to_owned(),
            host: one_of(&mut random, &HOSTS).to_owned(),
            message: one_of(&mut random, &MESSAGES).to_owned(),
            fields: any_fields(&mut random),
        }
    };
    (0..count).map(any).collect()
}

fn any_fields(random: &mut StdRng) -> Fields {
    let mut fields = Fields::new();
    let statuses =
        [json!(200), json!("500"), json!(503), json!(-1), json!(1.5), json!(null), json!([200, "404"])];
    let paths = [json!("/health"), json!("/cart"), json!("/a%b_c"), json!(""), json!({"raw": "/cart"})];
    for (name, values) in [("status", &statuses[..]), ("path", &paths)] {
        if random.random_range(0..3) > 0 {
            fields.insert(name.to_owned(), one_of(random, values));
        }
    }
    match random.random_range(0..4) {
        0 => _ = fields.insert("ctx".into(), json!({"user": {"id": random.random_range(0..5)}, "ok": true})),
        1 => _ = fields.insert("ctx.user".into(), json!({"id": "3"})),
        2 => _ = fields.insert("ctx".into(), json!([{"user": {"id": 1}}, {"ok": false}])),
        _ => {}
    }
    fields
}

fn any_field(random: &mut StdRng) -> Field {
    match random.random_range(0..10) {
        0 => Field::Service,
        1 => Field::Host,
        2 => Field::Message,
        3 | 4 => Field::Level,
        number => other(["status", "path", "ctx.user.id", "ctx.ok", "path.raw"][number - 5]),
    }
}

fn any_test(random: &mut StdRng, field: &Field) -> Test {
    const VALUES: [&str; 12] =
        ["shop", "web-1", "db%_1", "200", "500", "1.5", "3", "true", "/cart", "error", "", "order 17 paid"];
    const PARTS: [&[&str]; 7] = [
        &["s", ""],
        &["", "shop", ""],
        &["", "%", ""],
        &["", "_", ""],
        &["web-", ""],
        &["/", ""],
        &["5", "0"],
    ];
    let comparison =
        one_of(random, &[Comparison::Less, Comparison::AtMost, Comparison::Greater, Comparison::AtLeast]);
    match (random.random_range(0..4), field) {
        (0, _) => Test::Exists,
        (1, Field::Level) => Test::Equals(one_of(random, &Level::ALL).name().to_owned()),
        (1, _) => Test::Equals(one_of(random, &VALUES).to_owned()),
        (2, _) => Test::Like(one_of(random, &PARTS).iter().map(|&part| part.to_owned()).collect()),
        (_, Field::Level) => Test::Compare(comparison, Operand::Level(one_of(random, &Level::ALL))),
        (_, _) => Test::Compare(comparison, Operand::Number(one_of(random, &[-1.0, 1.5, 3.0, 200.0, 500.5]))),
    }
}

fn any_condition(random: &mut StdRng, depth: u32) -> Condition {
    let kind = random.random_range(if depth == 0 { 3..10 } else { 0..10 });
    let some = |random: &mut StdRng| {
        let count = random.random_range(0..4);
        (0..count).map(|_| any_condition(random, depth - 1)).collect()
    };
    match kind {
        0 => Condition::All(some(random)),
        1 => Condition::Any(some(random)),
        2 => Condition::Not(Box::new(any_condition(random, depth - 1))),
        3 | 4 => Condition::Contains(one_of(random, &WORDS).to_owned()),
        _ => {
            let field = any_field(random);
            let test = any_test(random, &field);
            Condition::Field(field, test)
        }
    }
}

fn any_query(random: &mut StdRng) -> EventQuery {
    let condition = any_condition(random, 3);
    let mut ends = [random.random_range(0..SECONDS), random.random_range(0..SECONDS)];
    ends.sort_unstable();
    let time = match random.random_range(0..3) {
        0 => super::ALWAYS,
        _ => after(ends[0])..after(ends[1]),
    };
    EventQuery { filter: condition.into(), time }
}

/// All events, by time and id.
struct Model(Vec<Event>);

impl Model {
    fn matching(&self, query: &EventQuery) -> Vec<&Event> {
        let matches = |event: &&Event| query.time.contains(&event.occurred_at) && query.filter.matches(event);
        self.0.iter().filter(matches).collect()
    }

    fn histogram(&self, filter: &EventFilter, edges: &[Timestamp]) -> Vec<Bar> {
        let bar = |time: Range<Timestamp>| {
            let mut bar = Bar::default();
            for event in self.matching(&EventQuery { filter: filter.clone(), time }) {
                bar.by_level[usize::from(event.level.number())] += 1;
            }
            bar
        };
        edges.windows(2).map(|edges| bar(edges[0]..edges[1])).collect()
    }

    fn top(&self, query: &EventQuery, field: &Field, limit: usize) -> Top {
        let (mut counts, mut without) = (BTreeMap::<String, u64>::new(), 0);
        for event in self.matching(query) {
            let values = field.values(event);
            without += u64::from(values.is_empty());
            for value in values {
                *counts.entry(value.into_owned()).or_default() += 1;
            }
        }
        let mut values: Vec<_> = counts.into_iter().collect();
        // Stable: by value before.
        values.sort_by_key(|(_, events)| std::cmp::Reverse(*events));
        let others = values.drain(limit.min(values.len())..).map(|(_, events)| events).sum();
        Top { values, others, without }
    }
}

pub async fn questions_of_any_kind_are_what_a_model_of_events_says<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let events = any_events(1, EVENTS);
    append(&*store, events.clone()).await;
    let model = Model(super::in_order(events));
    for seed in 0..QUESTIONS {
        let random = &mut StdRng::seed_from_u64(seed);
        let (query, limit, field) = (any_query(random), random.random_range(1..200), any_field(random));
        let expected: Vec<Event> = model.matching(&query).into_iter().cloned().collect();
        let oldest = found(&*store, &query, Order::OldestFirst, limit).await;
        assert_eq!(oldest, expected, "{seed}: {query:?}, pages of {limit}");
        let mut newest = found(&*store, &query, Order::NewestFirst, limit).await;
        newest.reverse();
        assert_eq!(newest, expected, "{seed}: {query:?}, pages of {limit}");

        let edges: BTreeSet<_> =
            (0..random.random_range(2..9)).map(|_| random.random_range(0..SECONDS)).collect();
        let edges: Vec<_> =
            edges.into_iter().map(after).chain([after(SECONDS), after(SECONDS + 1)]).collect();
        let histogram = store.histogram(&query.filter, &edges).await.unwrap();
        assert_eq!(histogram.found, model.histogram(&query.filter, &edges), "{seed}: {query:?}, {edges:?}");

        let limit = random.random_range(1..6);
        let top = store.top(&query, &field, limit).await.unwrap();
        assert_eq!(
            top.found,
            model.top(&query, &field, limit),
            "{seed}: {query:?}, top {limit} of {field:?}"
        );
        assert_eq!(top.since, query.time.start);

        let (seen, of_events) = store.fields(&query).await.unwrap();
        assert_eq!(of_events, expected.len().min(FIELDS_OF_EVENTS) as u64, "{seed}: {query:?}");
        for field in seen {
            let has = |event: &&Event| !other(&field.name).values(event).is_empty();
            let events = expected.iter().filter(has).count() as u64;
            assert_eq!(field.events, events, "{seed}: {query:?}, field {}", field.name);
        }
    }
    let key = EventKey::of(&model.0[EVENTS / 2]);
    let earlier = key.occurred_at.minus(Duration::from_micros(1));
    assert!(EventKey { occurred_at: earlier, ..key } < key, "keys are in order of time");
    assert_eq!(store.event(key.id).await.unwrap().as_ref(), Some(&model.0[EVENTS / 2]));
    assert!(model.0.iter().any(|event| event.fields.values().any(Value::is_array)), "lists are among them");
}
