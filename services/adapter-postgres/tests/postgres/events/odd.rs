//! Filters whose translation needs care: what SQL and the check of an event may see differently.

use super::{append, event, ever};
use crate::place::Place;
use crate::samples::midnight;
use serde_json::json;
use watchkeeper_domain::event::{Comparison, Condition, Field, Operand, Test};
use watchkeeper_domain::{Event, EventFilter};
use watchkeeper_ports::{EventStore, Order};

/// Values that are numbers, texts of numbers, lists of lists, and characters that mean something in a path or pattern.
fn odd_events() -> Vec<Event> {
    let values = [
        json!(500),
        json!("500"),
        json!(500.0),
        json!("500.0"),
        json!(1e-7),
        json!("1e-7"),
        json!(1e16),
        json!("1e16"),
        json!(u64::MAX),
        json!("0x1F4"),
        json!("inf"),
        json!("-inf"),
        json!("NaN"),
        json!(" 500 "),
        json!("+500"),
        json!(".5"),
        json!("5."),
        json!("5e2"),
        json!(true),
        json!("true"),
        json!(null),
        json!(""),
        json!({}),
        json!({"b": 500}),
        json!([]),
        json!([[]]),
        json!([500, "x"]),
        json!([["500"]]),
        json!([[["500"]]]),
        json!("[1]"),
        json!([1]),
        json!("{}"),
        json!("a\nb"),
        json!("a.b*[c]$"),
        json!("50%_\\"),
        json!("\"'$1?) || 1"),
        json!("Käse"),
        json!("-0.0"),
        json!(-0.0),
        json!(9_007_199_254_740_993_u64),
        json!([{"b": ["500"]}, [{"b": 7}]]),
    ];
    let mut events = Vec::new();
    for value in values {
        let seconds = events.len() as u64;
        events.push(event(seconds, "", json!({"a": value})));
        events.push(event(seconds + 1, "", json!({"a": {"b": value, "0": value}})));
        events.push(event(seconds + 2, "", json!({"a.b": value, "it's \"q\" \\ $1": value})));
    }
    let messages = [
        "dis\u{212a} full",
        "DISK",
        "W\u{130}F\u{130}",
        "wifi",
        "ΣΑΣ",
        "σας",
        "GRÖSSE größe",
        "a\nb",
        "100%_\\",
        "it's $1",
    ];
    for message in messages {
        events.push(event(events.len() as u64, message, json!({})));
    }
    for (number, event) in events.iter_mut().enumerate() {
        event.id = watchkeeper_domain::EventId::given(&number.to_string());
    }
    events
}

fn odd_tests() -> Vec<Test> {
    let texts = [
        "500",
        "500.0",
        "1e-7",
        "0.0000001",
        "1e16",
        "10000000000000000",
        "18446744073709551615",
        "true",
        "",
        "[1]",
        "[[]]",
        "{}",
        "{\"b\": 500}",
        "a\nb",
        "a.b*[c]$",
        "50%_\\",
        "\"'$1?) || 1",
        "Käse",
        "-0.0",
        "0.0",
        "7",
        " 500 ",
        "9007199254740993",
    ];
    let parts: [&[&str]; 8] = [
        &["5", ""],
        &["", "0"],
        &["a", "b"],
        &["", ".b*[", ""],
        &["", "%_\\"],
        &["\"'$1?)", ""],
        &["t", "e"],
        &["K", "e"],
    ];
    let numbers = [500.0, 0.0, -0.5, 1e-7, 1e16, 9_007_199_254_740_992.0, f64::INFINITY];
    let mut all = vec![Test::Exists];
    all.extend(texts.map(|text| Test::Equals(text.to_owned())));
    all.extend(parts.map(|parts| Test::Like(parts.iter().map(|part| (*part).to_owned()).collect())));
    for number in numbers {
        for comparison in [Comparison::Less, Comparison::AtMost, Comparison::Greater, Comparison::AtLeast] {
            all.push(Test::Compare(comparison, Operand::Number(number)));
        }
    }
    all
}

async fn check(store: &dyn EventStore, stored: &[Event], condition: Condition) {
    let filter = EventFilter::from(condition.clone());
    let mut expected: Vec<_> = stored.iter().filter(|event| filter.matches(event)).cloned().collect();
    expected.sort_by_key(|event| (event.occurred_at, event.id));
    let page = store.events(&ever(condition.clone()), Order::OldestFirst, None, 1_000).await.unwrap();
    assert_eq!(page.events, expected, "{condition:?}");
    let bars = store.histogram(&filter, &[midnight(0), midnight(1)]).await.unwrap();
    assert_eq!(bars.found[0].events(), expected.len() as u64, "the bar of {condition:?}");
}

/// The events as they come back: PostgreSQL has one zero, and writes numbers in full.
async fn stored(store: &dyn EventStore) -> Vec<Event> {
    append(store, odd_events()).await;
    let page = store.events(&ever(Condition::default()), Order::OldestFirst, None, 1_000).await.unwrap();
    assert_eq!(page.events.len(), odd_events().len());
    page.events
}

#[tokio::test]
async fn what_sql_sees_differently_is_found_as_the_query_says() {
    let place = Place::fresh();
    let store = place.store().events();
    let stored = stored(&*store).await;
    for path in ["a", "a.b", "a.0", "it's \"q\" \\ $1", "a.b.c.d.e.f", ""] {
        for test in odd_tests() {
            let condition = Condition::Field(Field::Other(path.to_owned()), test);
            check(&*store, &stored, condition.clone()).await;
            check(&*store, &stored, Condition::Not(Box::new(condition))).await;
        }
    }
}

#[tokio::test]
async fn messages_are_found_in_any_case_and_alphabet() {
    let place = Place::fresh();
    let store = place.store().events();
    let stored = stored(&*store).await;
    for text in
        ["disk", "K", "wifi", "FI", "σας", "ΣΑΣ", "größe", "GRÖSSE", "a\nb", "%_", "\\", "$1", "ß", "'"]
    {
        let condition = Condition::Contains(text.to_owned());
        check(&*store, &stored, condition.clone()).await;
        check(&*store, &stored, Condition::Not(Box::new(condition))).await;
        check(&*store, &stored, Condition::Field(Field::Message, Test::Equals(text.to_owned()))).await;
        let parts = vec![String::new(), text.to_owned(), String::new()];
        check(&*store, &stored, Condition::Field(Field::Message, Test::Like(parts))).await;
    }
    for field in [Field::Id, Field::Service, Field::Host, Field::Level] {
        for test in odd_tests() {
            check(&*store, &stored, Condition::Field(field.clone(), test)).await;
        }
    }
}
