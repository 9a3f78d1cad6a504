//! What parsing does to an event.

use super::*;
use crate::samples::{event, line};
use serde_json::json;
use watchkeeper_domain::event::{CHANGED, CUT, MAX_DEPTH, MAX_FIELDS};

fn add(parser: &Parser, text: &str, event: &mut Event) -> Result<(), String> {
    let is_message = event.message == text;
    parser
        .parse(text, event.occurred_at)
        .and_then(|parsed| parsed.add_to(event, is_message))
        .map_err(|failure| failure.to_string())
}

fn parsed(parser: &Parser, text: &str) -> Event {
    let mut event = line(text);
    add(parser, text, &mut event).unwrap();
    event
}

fn regex(text: &str) -> Parser {
    text.parse::<Groups>().unwrap().into()
}

#[test]
fn a_json_message_becomes_the_event_that_it_says() {
    let text = r#"{"level":40,"time":"2026-11-29T09:59:59Z","msg":"slow\n","service":"shop","took":1.5,"ctx":{"a":[1]}}"#;
    let event = parsed(&Parser::Json, text);
    assert_eq!((event.level, event.message.as_str(), event.service.as_str()), (Level::Warn, "slow", "shop"));
    assert_eq!(event.occurred_at.to_string(), "2026-11-29T09:59:59Z");
    assert_eq!(Value::Object(event.fields), json!({"took": 1.5, "ctx": {"a": [1]}}));
    let without = parsed(&Parser::Json, r#"{"a":1}"#);
    assert_eq!(without.message, r#"{"a":1}"#, "without a message of its own, the line stays");
}

#[test]
fn time_and_level_are_those_of_the_text_but_a_known_service_stays() {
    let text = r#"{"level":"error","logger":"db.pool","msg":"x"}"#;
    let mut carried = Event { level: Level::Info, service: "shop".into(), ..line(text) };
    add(&Parser::Json, text, &mut carried).unwrap();
    assert_eq!((carried.level, carried.service.as_str()), (Level::Error, "shop"));
    assert_eq!(Value::Object(carried.fields), json!({"logger": "db.pool"}));
}

#[test]
fn a_field_is_parsed_beside_the_message() {
    let mut event = event("hello", json!({"raw": r#"{"msg":"inner","n":1}"#}));
    add(&Parser::Json, r#"{"msg":"inner","n":1}"#, &mut event).unwrap();
    assert_eq!(event.message, "hello");
    assert_eq!((&event.fields["msg"], &event.fields["n"]), (&json!("inner"), &json!(1)));
}

/// The levels of report 9 of users of similar tools.
#[test]
fn an_odd_level_is_kept_and_none_is_guessed_from_a_url() {
    let level = |text: &str| parsed(&Parser::Json, text).level;
    assert_eq!(level(r#"{"level":30,"msg":"started"}"#), Level::Info);
    assert_eq!(level(r#"{"severity":"WARNING"}"#), Level::Warn);
    assert_eq!(level(r#"{"lvl":"E"}"#), Level::Error);
    let odd = parsed(&Parser::Json, r#"{"level":["x"]}"#);
    assert_eq!((odd.level, &odd.fields["level"]), (Level::Unknown, &json!(["x"])));
    let access = r#"203.0.113.9 - - [29/Nov/2026:10:00:00 +0100] "GET /?level=error HTTP/1.1" 200 5 "-" "-""#;
    assert_eq!(parsed(&Parser::Nginx, access).level, Level::Unknown);
}

#[test]
fn an_access_line_stays_the_message_and_gives_its_time() {
    let access = r#"203.0.113.9 - - [29/Nov/2026:10:00:00 +0100] "GET /a HTTP/1.1" 504 5 "-" "-""#;
    let event = parsed(&Parser::Apache, access);
    assert_eq!((event.message.as_str(), &event.fields["status"]), (access, &json!(504)));
    assert_eq!(event.occurred_at.to_string(), "2026-11-29T09:00:00Z");
}

#[test]
fn the_named_groups_of_a_regular_expression_become_fields_under_their_usual_names() {
    let parser = regex(r"^(?<level>\w+) \[(?<service>\w+)\] (?<message>.*?)( took (?<ms>\d+))?$");
    let event = parsed(&parser, "WARN [shop] slow took 17");
    assert_eq!((event.level, event.service.as_str(), event.message.as_str()), (Level::Warn, "shop", "slow"));
    assert_eq!(Value::Object(event.fields), json!({"ms": "17"}));
    assert!(
        !parsed(&parser, "WARN [shop] slow").fields.contains_key("ms"),
        "a group that does not match has no field"
    );
    assert_eq!(
        r"\d+".parse::<Groups>().unwrap_err(),
        r"must have a named group for each field, such as (?<status>\d+)"
    );
}

#[test]
fn a_syslog_message_gives_its_time_level_and_origin() {
    let text = "<11>1 2026-11-29T09:00:00Z gate shop 7 - - disk full";
    let event = parsed(&Parser::Syslog, text);
    assert_eq!((event.level, event.host.as_str(), event.service.as_str()), (Level::Error, "gate", "shop"));
    assert_eq!(
        (event.message.as_str(), event.occurred_at.to_string().as_str()),
        ("disk full", "2026-11-29T09:00:00Z")
    );
    assert_eq!(Value::Object(event.fields), json!({"facility": "user", "procid": "7"}));
    let mut relayed = Event { service: "relay".into(), host: "hub".into(), ..line(text) };
    add(&Parser::Syslog, text, &mut relayed).unwrap();
    assert_eq!(
        (relayed.service.as_str(), &relayed.fields["app"], &relayed.fields["hostname"]),
        ("relay", &json!("shop"), &json!("gate"))
    );
}

#[test]
fn what_has_another_format_is_refused_with_the_reason() {
    let refused = |parser: &Parser, text: &str| add(parser, text, &mut line(text)).unwrap_err();
    assert!(refused(&Parser::Json, "not json").starts_with("is no JSON: "));
    assert_eq!(refused(&Parser::Syslog, "disk full"), "is no syslog: has no priority such as <13> in front");
    assert_eq!(refused(&Parser::Json, "[1]"), "is JSON but no object");
    assert_eq!(refused(&regex("(?<a>x)"), "y"), "the regular expression does not match");
    let deep = format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000));
    assert!(refused(&Parser::Json, &deep).contains("recursion limit"));
}

#[test]
fn what_was_parsed_can_be_stored_and_is_marked_where_it_was_changed() {
    let nested = (0..=MAX_DEPTH).fold("1".to_owned(), |inner, _| format!("{{\"a\":{inner}}}"));
    assert_eq!(parsed(&Parser::Json, &nested).marks().collect::<Vec<_>>(), [CUT]);
    let nul = parsed(&Parser::Json, r#"{"msg":"a\u0000b","x":"\u0000","@marks":["cut"]}"#);
    assert_eq!((nul.message.as_str(), nul.marks().collect::<Vec<_>>()), ("a␀b", vec![CHANGED]));
}

#[test]
fn an_event_that_would_have_too_many_fields_stays_as_it_was() {
    let fields = |from: usize, count: usize| {
        let all = (from..from + count).map(|number| (format!("f{number}"), number.into()));
        Value::Object(all.collect())
    };
    let half = MAX_FIELDS / 2;
    let mut event = event("x", fields(0, half));
    assert_eq!(add(&Parser::Json, &fields(half, half).to_string(), &mut event), Ok(()));
    let before = event.clone();
    let refused = add(&Parser::Json, r#"{"one":1,"msg":"y"}"#, &mut event).unwrap_err();
    assert_eq!((refused.as_str(), event), ("the event would have 258 fields, the limit is 256", before));
}
