//! Numbers of events: histograms, the most frequent values, and fields.

use super::{append, event, found, is, of, other, with_fields};
use crate::Fixture;
use crate::samples::after;
use serde_json::json;
use watchkeeper_domain::event::{Condition, Field};
use watchkeeper_domain::{Event, EventFilter, Level, Timestamp};
use watchkeeper_ports::{EventStore, FIELDS_OF_EVENTS, FieldSeen, Order, Top};

pub async fn bars_add_up_to_the_events_that_are_found<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    // Days in Berlin, of which the second has 25 hours.
    let edges =
        ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]
            .map(at);
    let hours = (0..80).map(|hour: u64| Event {
        occurred_at: at("2026-10-23T15:30:00Z").plus(std::time::Duration::from_secs(hour * 3_600)),
        level: if hour.is_multiple_of(3) { Level::Error } else { Level::Info },
        ..event(&hour.to_string(), 0)
    });
    append(&*store, hours).await;
    for condition in [Condition::default(), is(Field::Level, "error"), Condition::Contains("1".into())] {
        let histogram = store.histogram(&condition.clone().into(), &edges).await.unwrap();
        assert_eq!(histogram.since, edges[0]);
        let query = watchkeeper_ports::EventQuery { time: edges[0]..edges[3], ..of(condition) };
        let events = found(&*store, &query, Order::NewestFirst, 100).await;
        let sum: u64 = histogram.found.iter().map(watchkeeper_ports::Bar::events).sum();
        assert_eq!(sum, events.len() as u64, "{query:?}");
    }
    let all = store.histogram(&EventFilter::default(), &edges).await.unwrap();
    assert_eq!(all.found.iter().map(watchkeeper_ports::Bar::events).collect::<Vec<_>>(), [24, 25, 24]);
    let errors: Vec<_> =
        all.found.iter().map(|bar| bar.by_level[usize::from(Level::Error.number())]).collect();
    assert_eq!(errors, [8, 8, 8]);
}

pub async fn a_bar_has_its_start_and_not_its_end<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    append(&*store, [1, 2, 3, 4, 5].map(|seconds| event(&seconds.to_string(), seconds))).await;
    let bars = async |edges: &[u64]| {
        let edges: Vec<_> = edges.iter().map(|seconds| after(*seconds)).collect();
        let histogram = store.histogram(&EventFilter::default(), &edges).await.unwrap();
        histogram.found.iter().map(watchkeeper_ports::Bar::events).collect::<Vec<_>>()
    };
    assert_eq!(bars(&[2, 3, 5]).await, [1, 2]);
    assert_eq!(bars(&[0, 1, 100, 200]).await, [0, 5, 0]);
    assert_eq!(bars(&[0, 200]).await, [5]);
}

fn top(values: &[(&str, u64)], others: u64, without: u64) -> Top {
    Top {
        values: values.iter().map(|&(value, events)| (value.to_owned(), events)).collect(),
        others,
        without,
    }
}

pub async fn top_values_come_by_number_and_then_by_value<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let services = ["b", "ä", "a", "B", "b", "", "c", "c", "c"];
    let events = (0..).zip(services).map(|(number, service)| Event {
        service: service.to_owned(),
        level: if service == "c" { Level::Error } else { Level::Unknown },
        ..event(&format!("{number}"), number)
    });
    append(&*store, events).await;
    let asked =
        async |condition, field: &Field, limit| store.top(&of(condition), field, limit).await.unwrap().found;
    let all = Condition::default;
    let expected = [("c", 3), ("b", 2), ("B", 1), ("a", 1), ("ä", 1)];
    assert_eq!(asked(all(), &Field::Service, 10).await, top(&expected, 0, 1));
    assert_eq!(asked(all(), &Field::Service, 2).await, top(&expected[..2], 3, 1));
    assert_eq!(asked(all(), &Field::Level, 2).await, top(&[("error", 3)], 0, 6));
    assert_eq!(asked(all(), &Field::Host, 2).await, top(&[("web-1", 9)], 0, 0));
    assert_eq!(asked(is(Field::Service, "b"), &Field::Message, 1).await, top(&[("0", 1)], 1, 0));
    assert_eq!(asked(is(Field::Service, "none"), &Field::Service, 9).await, Top::default());
}

pub async fn top_counts_the_items_of_lists_and_the_events_without_the_field<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let tags = [
        json!({"tags": ["a", "b"]}),
        json!({"tags": "a"}),
        json!({"tags": [["b"], 7, null, {"a": "c"}]}),
        json!({"tags": {"a": "d"}}),
        json!({"tags": null}),
        json!({"tags": []}),
        json!({"tags": 7}),
        json!({"tags": true}),
        json!({"tags.a": "c"}),
        json!({}),
    ];
    let events =
        (0..).zip(tags).map(|(number, fields)| with_fields(event(&number.to_string(), number), fields));
    append(&*store, events).await;
    let asked =
        async |path: &str| store.top(&of(Condition::default()), &other(path), 10).await.unwrap().found;
    assert_eq!(asked("tags").await, top(&[("7", 2), ("a", 2), ("b", 2), ("true", 1)], 0, 5));
    assert_eq!(asked("tags.a").await, top(&[("c", 2), ("d", 1)], 0, 7));
    assert_eq!(asked("other").await, top(&[], 0, 10));
}

pub async fn fields_are_named_as_in_a_query<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let fields = json!({
        "ctx": {"user": {"id": 7}, "none": null}, "tags": ["a", "b", {"name": "n"}], "empty": {}, "a.b": 1.5,
    });
    let events = [
        with_fields(event("a", 0), fields),
        with_fields(event("b", 1), json!({"tags": "c", "@marks": ["cut"]})),
        with_fields(Event { service: "other".into(), ..event("c", 2) }, json!({"hidden": 1})),
        event("d", 3),
    ];
    append(&*store, events.clone()).await;
    let (seen, of_events) = store.fields(&of(is(Field::Service, "shop"))).await.unwrap();
    let names: Vec<_> = seen.iter().map(|seen| (&*seen.name, seen.events)).collect();
    let expected = [("tags", 2), ("@marks", 1), ("a.b", 1), ("ctx.user.id", 1), ("tags.name", 1)];
    assert_eq!((names, of_events), (expected.to_vec(), 3));
    for FieldSeen { name, example, .. } in seen {
        let field = other(&name);
        assert!(
            events.iter().any(|event| field.values(event).contains(&(&*example).into())),
            "{name}: {example}"
        );
    }
}

pub async fn fields_are_those_of_the_newest_events<F: Fixture<dyn EventStore>>() {
    let fixture = F::fresh().await;
    let store = fixture.open().await;
    let old = with_fields(event("old", 0), json!({"old": true}));
    let new = (1..=FIELDS_OF_EVENTS)
        .map(|number| with_fields(event(&number.to_string(), number as u64), json!({"n": number})));
    append(&*store, [old].into_iter().chain(new)).await;
    let (seen, of_events) = store.fields(&of(Condition::default())).await.unwrap();
    let names: Vec<_> = seen.iter().map(|seen| (&*seen.name, seen.events)).collect();
    assert_eq!((names, of_events), (vec![("n", FIELDS_OF_EVENTS as u64)], FIELDS_OF_EVENTS as u64));
}
