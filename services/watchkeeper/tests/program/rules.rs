//! Rules as the command line checks and tries them.

use crate::running::watchkeeper;
use std::fs;
use std::process::Output;

const RULES: &str = r#"
    [[rule]]
    name = "site_down"
    severity = "critical"
    match = ['source="uptime"']
    for = "2m"
    threshold = { below = 50 }
    [[rule.test]]
    name = "an outage"
    series = 'uptime/availability_percent{target="shop"} percent'
    values = "100x5 0x4 100x3"
    expect = [{ at = "7m", is = "firing" }, { at = "10m", is = "clear" }]
    [[rule]]
    name = "silent"
    match = []
    absence = { after = "10m" }
"#;

fn rules(action: &str, text: &str) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    fs::write(&config, text).unwrap();
    watchkeeper(["rules", action, config.to_str().unwrap()]).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn check_lists_the_rules_in_words() {
    let output = rules("check", RULES);
    assert!(output.status.success());
    let table = text(&output.stdout);
    for word in ["site_down", "critical", "below 50", "2m", "no sample for 10m", "silent", "all"] {
        assert!(table.contains(word), "{word} is not in:\n{table}");
    }
}

#[test]
fn check_reports_a_mistake_with_its_line() {
    let output = rules("check", &RULES.replace("below", "bellow"));
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(error.contains("watchkeeper.toml:7") && error.contains("did you mean `below`?"), "{error}");
}

#[test]
fn tests_that_hold_pass_and_a_rule_without_is_named() {
    let output = rules("test", RULES);
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "passed  site_down: an outage\nno test silent\n1 test passed.\n");
}

#[test]
fn a_test_that_fails_shows_what_came_and_is_an_error() {
    let output = rules("test", &RULES.replace("at = \"7m\"", "at = \"6m\""));
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    for line in
        ["FAILED  site_down: an outage", "  - 6m         firing", "  + 6m   0     pending is 0 %, below 50 %"]
    {
        assert!(shown.contains(line), "{line} is not in:\n{shown}");
    }
    assert_eq!(text(&output.stderr), "watchkeeper: 1 of 1 test failed\n");
}
