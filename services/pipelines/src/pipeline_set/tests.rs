//! Events on their way through pipelines.

use super::*;
use crate::pipeline::{MAX_PIPELINE_NAME_BYTES, MAX_STEPS};
use crate::pipeline_test::{MAX_TESTS, run_tests};
use crate::samples::{event, line};
use crate::trace::{Change, Done};
use proptest::prelude::*;
use serde_json::json;
use watchkeeper_config::Document;
use watchkeeper_ports::Topic;

fn read(text: &str) -> Result<PipelineSet, String> {
    let document = Document::parse("test.toml", text).unwrap();
    document.read(PipelineSet::read).map_err(|errors| errors.first()[0].to_string())
}

fn set(text: &str) -> PipelineSet {
    read(text).unwrap()
}

const TWO: &str = r#"
    [[pipeline]]
    name = "shop"
    match = "service=shop"
    [[pipeline.step]]
    parse = "json"
    [[pipeline.step]]
    set = { a = 1 }

    [[pipeline]]
    name = "all"
    [[pipeline.step]]
    set = { b = "${a}" }
"#;

fn from_shop(message: &str) -> Event {
    Event { service: "shop".into(), ..line(message) }
}

#[test]
fn without_pipelines_an_event_is_stored_as_it_is_but_for_its_secrets() {
    let outcome = PipelineSet::default().process(event("x", json!({"a": 1, "password": "p"})));
    let expected = Processed::stored(event("x", json!({"a": 1, "password": "***"})));
    assert_eq!(outcome, Outcome { processed: expected, failed: Vec::new() });
    assert_eq!(read(""), Ok(PipelineSet::default()));
}

#[test]
fn an_event_goes_through_every_pipeline_that_matches_it_in_order() {
    let outcome = set(TWO).process(from_shop(r#"{"n":1}"#));
    assert_eq!(json!(outcome.processed.event.fields), json!({"n": 1, "a": 1, "b": 1}));
    assert_eq!(json!(set(TWO).process(line("x")).processed.event.fields), json!({}));
}

#[test]
fn a_step_that_fails_leaves_the_event_marks_it_and_is_counted_and_the_next_step_goes_on() {
    let outcome = set(TWO).process(from_shop("no json"));
    let event = outcome.processed.event;
    assert_eq!((event.message.as_str(), event.marks().collect::<Vec<_>>()), ("no json", vec!["parse:json"]));
    assert_eq!((json!(event.fields["a"]), json!(event.fields["b"])), (json!(1), json!(1)));
    assert_eq!((outcome.failed, outcome.processed.is_stored), (vec!["shop/parse:json".to_owned()], true));
}

#[test]
fn a_final_pipeline_is_the_last_one_for_its_events() {
    let set = set(&TWO.replace("name = \"shop\"", "name = \"shop\"\nfinal = true"));
    assert!(!set.process(from_shop("{}")).processed.event.fields.contains_key("b"));
}

#[test]
fn a_dropped_event_is_not_stored_but_stays_counted_and_routed() {
    let set = set(r#"
        [[pipeline]]
        name = "health"
        [[pipeline.step]]
        count = { name = "checks" }
        [[pipeline.step]]
        route = "audit"
        [[pipeline.step]]
        drop = true
        [[pipeline.step]]
        count = { name = "never" }
        [[pipeline]]
        name = "never"
        [[pipeline.step]]
        set = { a = 1 }
    "#);
    let Outcome { processed, failed } = set.process(line("x"));
    assert_eq!((processed.is_stored, processed.event.fields.len(), failed.len()), (false, 0, 0));
    assert_eq!(processed.counts.iter().map(|count| count.name.as_str()).collect::<Vec<_>>(), ["checks"]);
    assert_eq!(processed.route, Some(Topic::named("audit")));
}

#[test]
fn a_secret_that_a_step_brings_to_light_is_hidden() {
    let set = set(r#"
        [[pipeline]]
        name = "login"
        [[pipeline.step]]
        parse = { regex = 'as (?<user>\w+) with (?<password>\w+)' }
        [[pipeline.step]]
        remove = ["message"]
    "#);
    let fields = set.process(line("login as ada with hunter2")).processed.event.fields;
    assert_eq!(json!(fields), json!({"user": "ada", "password": "***"}));
}

#[test]
fn the_default_redaction_can_be_switched_off() {
    let set = set("[events]\nredact = false");
    assert_eq!(set.process(line("token=1")).processed.event.message, "token=1");
}

#[test]
fn the_trace_says_what_each_step_did() {
    let trace = set(TWO).trace(from_shop("token=1"));
    let hidden =
        Change { name: "message".into(), before: Some(json!("token=1")), after: Some(json!("token=***")) };
    assert_eq!(trace.hidden, [hidden]);
    let [parse, set_a, set_b] = &trace.steps[..] else { panic!("three steps") };
    assert!(matches!(&parse.done, Done::Failed(reason) if reason.to_string().starts_with("is no JSON")));
    assert_eq!(parse.changes[0].after, Some(json!(["parse:json"])));
    assert_eq!((set_a.pipeline.as_str(), set_a.number, set_a.step.as_str()), ("shop", 2, "set a = 1"));
    assert_eq!(set_b.changes, [Change { name: "b".into(), before: None, after: Some(json!(1)) }]);
    assert_eq!(trace.outcome, set(TWO).process(from_shop("token=1")));
}

#[test]
fn the_trace_is_told_step_by_step() {
    let shown = set(TESTED).trace(Event { service: "nginx".into(), ..line("token=1") }).to_string();
    let expected = [
        "  hidden in every event",
        "      message: \"token=***\"",
        "  nginx 1  parse nginx: FAILED: is no access log: the client is missing",
        "      + @marks: [\"parse:nginx\"]",
        "  nginx 2  drop, when path=/health: not for this event",
        "  nginx 3  count requests by status: changes nothing",
        "  nginx 4  level from status (5* is error): FAILED: has no status",
        "      ~ @marks: [\"parse:nginx\"] becomes [\"parse:nginx\",\"level\"]",
        "  = stored, counted as requests{status=\"\"}",
    ];
    assert_eq!(shown, expected.join("\n"));
    assert_eq!(set(TESTED).trace(line("x")).to_string(), "  no pipeline matches it\n  = stored");
}

const TESTED: &str = r#"
    [[pipeline]]
    name = "nginx"
    match = "service=nginx"
    [[pipeline.step]]
    parse = "nginx"
    [[pipeline.step]]
    when = "path=/health"
    drop = true
    [[pipeline.step]]
    count = { name = "requests", by = ["status"] }
    [[pipeline.step]]
    level = { from = "status", map = { "5*" = "error" } }
"#;

const LINE: &str = r#"line = '203.0.113.9 - - [29/Nov/2026:10:00:00 +0100] "GET /a HTTP/1.1" 504 9'"#;

fn tested(test: &str) -> Option<String> {
    let [outcome] = &run_tests(&set(&format!("{TESTED}\n[[pipeline.test]]\n{test}")))[..] else {
        panic!("one")
    };
    outcome.failure.clone()
}

#[test]
fn a_test_passes_if_the_event_becomes_what_is_expected() {
    let expectations = r#"
        event = { service = "nginx" }
        expect = { level = "error", status = 504, path = "/a", time = "2026-11-29T09:00:00Z" }
        absent = ["referer"]
        dropped = false
        counted = ["requests{status=\"504\"}"]
    "#;
    assert_eq!(tested(&format!("{LINE}\n{expectations}")), None);
    let health = r#"event = { app = "nginx", msg = '::1 - - [29/Nov/2026:10:00:00 +0100] "GET /health HTTP/1.1" 200 9' }"#;
    assert_eq!(tested(&format!("{health}\ndropped = true")), None);
}

#[test]
fn a_test_that_fails_shows_what_differs_and_which_steps_failed() {
    let test = "event = { service = \"nginx\", message = \"x\", status = 200 }\nexpect = { status = 504 }\ndropped = true";
    let expected = [
        "    - status: 504 was expected",
        "    + status: 200",
        "    - event: dropped was expected",
        "    + event: stored",
        "    step 1, parse nginx: failed: is no access log: the client is missing",
        "    step 2, drop, when path=/health: not for this event",
        "    step 4, level from status (5* is error): failed: status is \"200\", which is no level",
        "",
    ];
    assert_eq!(tested(test).unwrap(), expected.join("\n"));
    let other = tested(&format!("{LINE}\nexpect = {{ status = 504 }}")).unwrap();
    assert!(other.ends_with("    the pipeline does not match the event\n"), "{other}");
}

#[test]
fn a_test_without_input_or_expectation_is_refused() {
    let refused = |test: &str| read(&format!("{TESTED}\n[[pipeline.test]]\n{test}")).unwrap_err();
    assert!(refused("dropped = true").contains("line: is missing"));
    assert!(refused("line = \"x\"").contains("expect: is missing"));
    assert!(refused("line = \"x\"\nevent = { msg = \"y\" }\ndropped = true").contains("has one already"));
}

#[test]
fn what_cannot_be_a_pipeline_is_refused_with_its_line() {
    assert_eq!(
        read("[[pipeline]]\nname = \"a\"").unwrap_err(),
        "pipeline[0].step: is missing: a pipeline has at least one [[pipeline.step]]"
    );
    assert!(
        read("[[pipeline]]\nname = \"a b\"\n[[pipeline.step]]\ndrop = true")
            .unwrap_err()
            .contains("may have only letters")
    );
    let twice = format!("{TWO}\n[[pipeline]]\nname = \"all\"\n[[pipeline.step]]\ndrop = true");
    assert_eq!(read(&twice).unwrap_err(), "pipeline[2].name: is the name of an earlier pipeline");
    assert!(
        read("[[pipeline]]\nname = \"a\"\nmatch = \"(\"\n[[pipeline.step]]\ndrop = true")
            .unwrap_err()
            .starts_with("pipeline[0].match: ")
    );
}

#[test]
fn as_much_as_the_limits_is_read_and_one_more_is_refused() {
    let pipelines = |count: usize| {
        let one = |number| format!("[[pipeline]]\nname = \"p{number}\"\n[[pipeline.step]]\ndrop = true\n");
        read(&(0..count).map(one).collect::<String>())
    };
    assert!(pipelines(MAX_PIPELINES).is_ok());
    assert_eq!(pipelines(MAX_PIPELINES + 1).unwrap_err(), "pipeline: has 101 items, the limit is 100");
    let pipeline = |name: usize, steps: usize, tests: usize| {
        let steps = "[[pipeline.step]]\ndrop = true\n".repeat(steps);
        let tests = "[[pipeline.test]]\nline = \"x\"\ndropped = true\n".repeat(tests);
        read(&format!("[[pipeline]]\nname = \"{}\"\n{steps}{tests}", "n".repeat(name)))
    };
    assert!(pipeline(MAX_PIPELINE_NAME_BYTES, MAX_STEPS, MAX_TESTS).is_ok());
    let refused = |name, steps, tests| pipeline(name, steps, tests).unwrap_err();
    assert!(refused(MAX_PIPELINE_NAME_BYTES + 1, 1, 0).contains("has 65 bytes, the limit is 64"));
    assert!(refused(1, MAX_STEPS + 1, 0).contains("has 51 items, the limit is 50"));
    assert!(refused(1, 1, MAX_TESTS + 1).contains("has 51 items, the limit is 50"));
}

proptest! {
    #[test]
    fn whatever_an_event_says_it_is_stored_with_its_identity(message in any::<String>(), rest in "[a-z0-9=\"{}:,\\\\ ]{0,40}") {
        let set = set(TWO);
        for message in [message, rest] {
            let sent = from_shop(&message).checked().unwrap();
            let Outcome { processed, .. } = set.process(sent.clone());
            prop_assert!(processed.is_stored);
            prop_assert_eq!(processed.event.id, sent.id);
            prop_assert_eq!(processed.event.clone().checked(), Ok(processed.event));
        }
    }
}
