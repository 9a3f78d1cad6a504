//! Every step.

use super::*;
use crate::pipeline_set::PipelineSet;
use crate::samples::event;
use serde_json::{Value, json};
use watchkeeper_config::Document;
use watchkeeper_domain::Level;

fn read(step: &str) -> Result<Step, String> {
    let text = format!("[[pipeline]]\nname = \"p\"\n[[pipeline.step]]\n{step}\n");
    let document = Document::parse("test.toml", &text).unwrap();
    let set = document.read(PipelineSet::read).map_err(|errors| {
        let first = errors.first()[0].to_string();
        first.trim_start_matches("pipeline[0].step[0].").to_owned()
    })?;
    Ok(set.pipelines()[0].steps[0].clone())
}

fn refused(step: &str) -> String {
    read(step).unwrap_err()
}

/// The event after the step.
fn apply(step: &str, mut event: Event) -> Event {
    let flow = read(step).unwrap().apply(&mut event, &mut Effects::default());
    assert_eq!(flow, Ok(Flow::Applied), "{step}");
    event
}

/// Why the step fails, after a check that the event is as it was.
fn failure(step: &str, event: &Event) -> String {
    let mut after = event.clone();
    let failure = read(step).unwrap().apply(&mut after, &mut Effects::default()).unwrap_err();
    assert_eq!(&after, event, "{step}");
    failure.to_string()
}

fn fields(event: &Event) -> Value {
    Value::Object(event.fields.clone())
}

#[test]
fn a_step_has_exactly_one_action() {
    assert!(refused("when = 'level=warn'").starts_with("parse: exactly one of parse, rename, set,"));
    assert!(refused("parse = \"json\"\ndrop = true").starts_with("drop: exactly one of"));
    assert_eq!(refused("prase = \"json\"\ndrop = true"), "prase: unknown key; did you mean `parse`?");
    assert_eq!(refused("drop = false"), "drop: must be true; leave the step out to keep the events");
}

#[test]
fn a_step_is_for_the_events_that_its_query_selects() {
    let mut event = event("x", json!({"status": 404}));
    let step = read("when = 'status>=500'\ndrop = true").unwrap();
    assert_eq!(step.apply(&mut event, &mut Effects::default()), Ok(Flow::Passed));
    event.fields["status"] = json!(500);
    assert_eq!(step.apply(&mut event, &mut Effects::default()), Ok(Flow::Dropped));
    assert_eq!(step.to_string(), "drop, when status>=500");
    assert!(refused("when = '('\ndrop = true").starts_with("when: "));
}

#[test]
fn parse_reads_the_message_or_a_field() {
    let parsed = apply("parse = \"logfmt\"\nfrom = \"raw\"", event("x", json!({"raw": "a=1 b"})));
    assert_eq!(fields(&parsed), json!({"raw": "a=1 b", "a": "1", "b": true}));
    assert_eq!(apply(r"parse = { regex = '(?<n>\d+)' }", event("a 17", json!({}))).fields["n"], "17");
    assert_eq!(failure("parse = \"json\"\nfrom = \"raw\"", &event("x", json!({}))), "has no raw");
    assert!(
        refused("parse = \"jsno\"").starts_with("parse: must be one of json, logfmt, nginx, apache, syslog")
    );
    assert_eq!(refused("parse = {}"), "parse.regex: is missing");
    assert!(refused("parse = { regex = '(?<a>' }").starts_with("parse.regex: is not a regular expression"));
}

#[test]
fn rename_moves_what_is_there_and_skips_what_is_not() {
    let step = r#"rename = { msg = "message", lvl = "level", "a.b" = "c", absent = "d" }"#;
    let renamed = apply(step, event("", json!({"msg": "hi", "lvl": "E", "a": {"b": 1, "x": 2}})));
    assert_eq!((renamed.message.as_str(), renamed.level), ("hi", Level::Error));
    assert_eq!(fields(&renamed), json!({"a": {"x": 2}, "c": 1}));
    assert_eq!(failure(step, &event("", json!({"msg": "hi", "lvl": "tea"}))), "\"tea\" is no level");
    assert_eq!(refused("rename = { a = \"id\" }"), "rename: cannot change the id");
    assert!(refused("rename = {}").starts_with("rename: must name fields"));
}

#[test]
fn set_writes_constants_and_templates_with_the_values_from_before() {
    let step = r#"set = { env = "prod", n = 5, level = "warn", url = "https://${host}${path}?x=$$1", copy = "${ctx}", a = "${b}", b = "${a}" }"#;
    let original =
        Event { host: "h".into(), ..event("x", json!({"path": "/p", "ctx": {"c": [1]}, "a": 1, "b": 2})) };
    let set = apply(step, original);
    assert_eq!(set.level, Level::Warn);
    let expected = json!({
        "path": "/p", "ctx": {"c": [1]}, "a": 2, "b": 1, "env": "prod", "n": 5, "url": "https://h/p?x=$1",
        "copy": {"c": [1]},
    });
    assert_eq!(fields(&set), expected);
    assert_eq!(
        apply("set = { a = \"${absent}\", b = \"<${absent}>\" }", event("x", json!({}))).fields["b"],
        "<>"
    );
    assert_eq!(
        refused("set = { level = \"tea\" }"),
        "set: level: must be a level such as \"warn\", is \"tea\""
    );
    assert_eq!(
        refused("set = { a = \"$x\" }"),
        "set: a: after a dollar sign, {field} must follow, or another one: $$"
    );
    assert!(read(&format!("set = {{ a = {:?} }}", "x".repeat(MAX_TEMPLATE_BYTES))).is_ok());
    let long = "x".repeat(MAX_TEMPLATE_BYTES + 1);
    assert_eq!(refused(&format!("set = {{ a = {long:?} }}")), "set: a: has 2001 bytes, the limit is 2000");
}

#[test]
fn as_many_fields_as_the_limit_can_be_named_in_one_step() {
    let of = |count: usize| {
        let all: Vec<_> = (0..count).map(|number| format!("f{number} = 1")).collect();
        read(&format!("set = {{ {} }}", all.join(", ")))
    };
    assert!(of(MAX_STEP_FIELDS).is_ok());
    assert_eq!(of(MAX_STEP_FIELDS + 1).unwrap_err(), "set: has 65 entries, the limit is 64");
}

#[test]
fn keep_and_remove_leave_the_marks_and_the_parts_of_the_event() {
    let mut sent = event("x", json!({"a": {"b": 1, "c": 2}, "d": 3}));
    sent.mark("cut");
    let kept = apply(r#"keep = ["a.b"]"#, sent.clone());
    assert_eq!((fields(&kept), kept.message.as_str()), (json!({"@marks": ["cut"], "a": {"b": 1}}), "x"));
    assert_eq!(fields(&apply("keep = []", sent.clone())), json!({"@marks": ["cut"]}));
    let removed = apply(r#"remove = ["d", "a.c", "message", "absent"]"#, sent);
    assert_eq!((fields(&removed), removed.message.as_str()), (json!({"@marks": ["cut"], "a": {"b": 1}}), ""));
    assert_eq!(refused(r#"keep = ["message"]"#), "keep: message always stays: name fields only");
    assert!(refused(r#"remove = ["@marks"]"#).contains("has the marks of steps that failed"));
}

#[test]
fn cast_changes_types_and_changes_nothing_if_one_value_does_not_fit() {
    let step = r#"cast = { i = "int", f = "float", b = "bool", t = "text", absent = "int" }"#;
    let cast = apply(step, event("x", json!({"i": " 42.0 ", "f": "1.5", "b": "Yes", "t": {"a": 1}})));
    assert_eq!(fields(&cast), json!({"i": 42, "f": 1.5, "b": true, "t": "{\"a\":1}"}));
    let odd = event("x", json!({"b": "yes", "i": "1.5"}));
    assert_eq!(failure(step, &odd), "i is \"1.5\", which is no int");
    assert_eq!(failure(step, &event("x", json!({"b": 2}))), "b is 2, which is no bool");
    assert_eq!(refused("cast = { a = \"x\" }"), "cast: a: must be int, float, bool or text");
    assert_eq!(refused("cast = { message = \"text\" }"), "cast: message is no field, and is always text");
}

#[test]
fn level_is_constant_or_from_a_field_by_a_mapping_and_the_usual_words() {
    let of = |status: Value| {
        let step = r#"level = { from = "status", map = { "5*" = "error", "4*" = "warn", "404" = "info" } }"#;
        apply(step, event("x", json!({"status": status}))).level
    };
    assert_eq!([500, 404, 403, 3].map(|status| of(json!(status))), {
        use Level::{Error, Info, Warn};
        [Error, Info, Warn, Error]
    });
    assert_eq!(apply("level = \"notice\"", event("x", json!({}))).level, Level::Notice);
    let step = r#"level = { from = "status" }"#;
    assert_eq!(failure(step, &event("x", json!({"status": "tea"}))), "status is \"tea\", which is no level");
    assert_eq!(failure(step, &event("x", json!({}))), "has no status");
    assert!(refused("level = \"tea\"").starts_with("level: must be trace,"));
    assert!(
        refused(r#"level = { from = "a", map = { x = "y" } }"#)
            .starts_with("level.map: \"x\": must be trace,")
    );
}

#[test]
fn time_is_read_in_any_format_and_zone() {
    let time = |step: &str, text: Value| {
        apply(&format!("time = {step}"), event("x", json!({"ts": text}))).occurred_at.to_string()
    };
    assert_eq!(time("{ from = \"ts\" }", json!(1_795_946_400_123_u64)), "2026-11-29T10:00:00.123Z");
    assert_eq!(time("{ from = \"ts\" }", json!("2026-11-29 11:00:00+01:00")), "2026-11-29T10:00:00Z");
    let berlin = r#"{ from = "ts", format = "%d.%m.%Y %H:%M:%S%.f", zone = "Europe/Berlin" }"#;
    assert_eq!(time(berlin, json!("29.11.2026 11:00:00.5")), "2026-11-29T10:00:00.500Z");
    let offset = r#"{ from = "ts", format = "%d/%b/%Y:%H:%M:%S %z" }"#;
    assert_eq!(time(offset, json!("29/Nov/2026:11:00:00 +0100")), "2026-11-29T10:00:00Z");
    assert_eq!(time(r#"{ from = "ts", format = "%s" }"#, json!("1795946400")), "2026-11-29T10:00:00Z");
    assert_eq!(time(r#"{ from = "ts", format = "%Y-%m-%d" }"#, json!("2026-11-29")), "2026-11-29T00:00:00Z");
    let step = r#"time = { from = "ts", format = "%H:%M %d.%m.%Y" }"#;
    let reason = failure(step, &event("x", json!({"ts": "soon"})));
    assert_eq!(reason, "ts is \"soon\", which is no time like %H:%M %d.%m.%Y");
}

#[test]
fn a_time_without_a_year_is_the_nearest_one() {
    let step = r#"time = { from = "ts", format = "%b %d %H:%M:%S" }"#;
    let time = |arrived_at: &str, text: &str| {
        let sent = Event { occurred_at: arrived_at.parse().unwrap(), ..event("x", json!({"ts": text})) };
        apply(step, sent).occurred_at.to_string()
    };
    assert_eq!(time("2027-01-01T00:00:03Z", "Dec 31 23:59:58"), "2026-12-31T23:59:58Z");
    assert_eq!(time("2026-12-31T23:59:59Z", "Jan  1 00:00:01"), "2027-01-01T00:00:01Z");
    let reason = failure(step, &event("x", json!({"ts": "Feb 29 00:00:00"})));
    assert!(reason.contains("which is no time"), "no year near 2026 has that day: {reason}");
}

#[test]
fn a_format_or_zone_that_cannot_work_is_refused() {
    assert!(refused(r#"time = { from = "ts", format = "%!" }"#).starts_with("time.format: cannot be read"));
    assert!(
        refused(r#"time = { from = "ts", format = "%H:%M" }"#).starts_with("time.format: must say the day")
    );
    let zone = r#"time = { from = "ts", format = "%Y-%m-%d", zone = "Berlin" }"#;
    assert!(refused(zone).starts_with("time.zone: is not a known time zone"));
    assert!(refused(r#"time = { from = "ts", zone = "UTC" }"#).starts_with("time.zone: needs a format"));
    assert_eq!(refused("time = {}"), "time.from: is missing");
}

#[test]
fn redact_hides_by_name_and_by_form() {
    let step = r#"redact = { fields = ["ssn"], patterns = ["mail"] }"#;
    let redacted = apply(step, event("from ada@example.org, ssn=1", json!({"a": [{"SSN": 5}]})));
    assert_eq!(
        (redacted.message.as_str(), fields(&redacted)),
        ("from ***, ssn=***", json!({"a": [{"SSN": "***"}]}))
    );
}

#[test]
fn sample_keeps_one_of_n_and_all_or_none_of_a_key() {
    let step = read("sample = { one_in = 4, by = \"trace\" }").unwrap();
    let keeps = |number: u32| {
        let mut event = event("x", json!({"trace": number}));
        step.apply(&mut event, &mut Effects::default()).unwrap() == Flow::Applied
    };
    let kept = (0..4_000).filter(|number| keeps(*number)).count();
    assert!((900..1_100).contains(&kept), "{kept}");
    assert!((0..100).all(|number| keeps(number) == keeps(number)));
    assert!(refused("sample = { one_in = 1 }").starts_with("sample.one_in: must be from 2 to 1000000"));
    assert!(read(&format!("sample = {{ one_in = {MAX_SAMPLED} }}")).is_ok());
}

#[test]
fn route_names_another_topic() {
    let mut effects = Effects::default();
    read("route = \"audit\"").unwrap().apply(&mut event("x", json!({})), &mut effects).unwrap();
    assert_eq!(effects.route, Some(Topic::named("audit")));
    for own in ["events", "metrics", "events.deferred", "metrics.dead", "audit.dead"] {
        assert!(refused(&format!("route = {own:?}")).contains("is a topic of Watchkeeper"), "{own}");
    }
    for illegal in ["a b", "..", "ж"] {
        assert!(
            refused(&format!("route = {illegal:?}")).contains("must be the name of a topic"),
            "{illegal}"
        );
    }
    assert!(read("route = \"events-of-shop\"").is_ok());
}

#[test]
fn count_adds_to_a_count_by_service_level_and_fields() {
    let mut effects = Effects::default();
    let mut sent = Event {
        service: "shop".into(),
        level: Level::Warn,
        ..event("x", json!({"status": 504, "a": {"b": "c"}}))
    };
    let step = read(r#"count = { name = "requests", by = ["status", "a.b"] }"#).unwrap();
    step.apply(&mut sent, &mut effects).unwrap();
    let [CountKey { name, service, level, labels }] = &effects.counts[..] else { panic!("one") };
    assert_eq!((name.as_str(), service.as_str(), *level), ("requests", "shop", Level::Warn));
    assert_eq!(json!(labels), json!({"a.b": "c", "status": "504"}));
    assert_eq!(step.to_string(), "count requests by a.b, status");
    assert_eq!(
        refused("count = { name = \"events\" }"),
        "count.name: is the name of the count of all events"
    );
    assert!(
        refused(r#"count = { name = "a", by = ["level"] }"#).contains("always counted by service and level")
    );
    assert!(refused("count = { name = \"a b\" }").starts_with("count.name: may have only"));
    assert!(refused(r#"count = { name = "a", by = ["b c"] }"#).starts_with("count.by: a label's name"));
    let by: Vec<_> = (0..=MAX_COUNT_FIELDS).map(|number| format!("f{number}")).collect();
    assert_eq!(
        refused(&format!("count = {{ name = \"a\", by = {by:?} }}")),
        "count.by: has 5 items, the limit is 4"
    );
    let name = "n".repeat(MAX_COUNT_NAME_BYTES + 1);
    assert_eq!(
        refused(&format!("count = {{ name = {name:?} }}")),
        "count.name: has 65 bytes, the limit is 64"
    );
}

#[test]
fn every_step_is_told_in_plain_words() {
    for (step, words) in [
        ("parse = \"nginx\"", "parse nginx"),
        ("parse = { regex = '(?<a>x)' }\nfrom = \"b\"", "parse /(?<a>x)/ from b"),
        ("rename = { a = \"b\" }", "rename a to b"),
        ("set = { a = \"x${b}\", c = 1 }", "set a = x${b}, c = 1"),
        ("keep = [\"a\", \"b\"]", "keep a, b"),
        ("keep = []", "keep no field"),
        ("remove = [\"a\", \"message\"]", "remove message, a"),
        ("cast = { a = \"int\" }", "cast a int"),
        ("level = { from = \"a\", map = { x = \"warn\" } }", "level from a (x is warn)"),
        (
            "time = { from = \"a\", format = \"%Y-%m-%d\", zone = \"Asia/Tokyo\" }",
            "time from a as %Y-%m-%d in Asia/Tokyo",
        ),
        ("redact = { patterns = [\"card\"] }", "redact card"),
        ("sample = { one_in = 10 }", "sample one in 10 by id"),
        ("route = \"audit\"", "route to audit"),
        ("count = { name = \"a\" }", "count a"),
    ] {
        assert_eq!(read(step).unwrap().to_string(), words);
    }
}
