//! Pipelines as the command line checks, tests and tries them.

use crate::running::watchkeeper;
use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

const PIPELINES: &str = r#"
    [[pipeline]]
    name = "shop"
    match = "service=shop"
    final = true
    [[pipeline.step]]
    parse = "json"
    [[pipeline.step]]
    when = "level<=debug"
    drop = true
    [[pipeline.test]]
    name = "a slow query"
    event = { service = "shop" }
    line = '{"lvl":"W","msg":"slow"}'
    expect = { level = "warn", message = "slow" }
    [[pipeline]]
    name = "rest"
    [[pipeline.step]]
    set = { env = "prod" }
"#;

fn pipelines(action: &[&str], text: &str, input: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    fs::write(&config, text).unwrap();
    let mut command = watchkeeper(["pipelines", action[0], config.to_str().unwrap()]);
    command.args(&action[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn check_lists_the_steps_of_each_pipeline() {
    let output = pipelines(&["check"], PIPELINES, "");
    let expected = "shop: service=shop, final, 1 test\n  1  parse json\n  2  drop, when level<=debug\n\
                    rest: every event, 0 tests\n  1  set env = \"prod\"\nHidden in every event: token.\n";
    assert_eq!(text(&output.stdout), expected);
    assert!(output.status.success());
}

#[test]
fn check_reports_a_mistake_with_its_line() {
    let output = pipelines(&["check"], &PIPELINES.replace("parse =", "prase ="), "");
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(error.contains("watchkeeper.toml:7") && error.contains("did you mean `parse`?"), "{error}");
}

#[test]
fn tests_pass_or_show_what_came() {
    let output = pipelines(&["test"], PIPELINES, "");
    assert_eq!(text(&output.stdout), "passed  shop: a slow query\nno test rest\n1 test passed.\n");
    let output = pipelines(&["test"], &PIPELINES.replace("\"warn\"", "\"error\""), "");
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("    - level: \"error\" was expected\n    + level: \"warn\"\n"), "{shown}");
    assert_eq!(text(&output.stderr), "watchkeeper: 1 of 1 test failed\n");
}

#[test]
fn try_shows_what_becomes_of_each_line_step_by_step() {
    let lines = "{\"msg\":\"fine\",\"token\":\"abc\"}\n\nplain\n";
    let output = pipelines(&["try", "--service", "shop"], PIPELINES, lines);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    for part in [
        "1: {\"msg\":\"fine\"",
        "  hidden in every event\n      token: \"***\"\n",
        "3: plain\n  shop 1  parse json: FAILED: is no JSON: expected value at line 1 column 1\n",
        "  shop 2  drop, when level<=debug: not for this event\n  = stored\n",
    ] {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let other = pipelines(&["try"], PIPELINES, "plain");
    assert!(
        text(&other.stdout).contains("  rest 1  set env = \"prod\"\n      + env: \"prod\"\n  = stored\n")
    );
}
