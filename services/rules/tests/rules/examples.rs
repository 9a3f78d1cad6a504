//! The examples beside the rules.

use crate::world::rules;
use watchkeeper_rules::{TestOutcome, run_tests};

fn run(rule: &str, test: &str) -> TestOutcome {
    let mut outcomes = run_tests(&rules(&format!("[[rule]]\nname = \"r\"\n{rule}\n[[rule.test]]\n{test}")));
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

const DOWN: &str = "match = ['source=\"uptime\"']\nfor = \"2m\"\nthreshold = { below = 50 }";
const SHOP: &str = "series = 'uptime/availability{target=\"shop\"} percent'";

#[test]
fn a_test_that_holds_passes() {
    let test = format!(
        "{SHOP}\nname = \"an outage\"\nvalues = \"100x5 0x4 100x3\"\n\
         expect = [{{ at = \"10m\", is = \"clear\" }}, {{ at = \"6m\", is = \"pending\" }}, {{ at = \"7m\", is = \"firing\" }}]"
    );
    let expected = TestOutcome { rule: "r".into(), test: "an outage".into(), failure: None };
    assert_eq!(run(DOWN, &test), expected);
}

#[test]
fn a_test_that_fails_shows_what_came_beside_what_was_expected() {
    let test = format!(
        "{SHOP}\nvalues = \"100x5 0x4 100x3\"\n\
         expect = [{{ at = \"6m\", is = \"firing\" }}, {{ at = \"7m\", is = \"firing\" }}]"
    );
    let expected = r#"    uptime/availability{target="shop"} percent
    time value is      why
    0s   100   clear   is 100 %, not below 50 %
    … 3 more
    4m   100   clear   is 100 %, not below 50 %
    5m   0     pending is 0 %, below 50 %
  - 6m         firing  was expected
  + 6m   0     pending is 0 %, below 50 %
    7m   0     firing  is 0 %, below 50 % (as expected)
    8m   0     firing  is 0 %, below 50 %
    9m   100   clear   is 100 %, not below 50 %
    … 1 more
    11m  100   clear   is 100 %, not below 50 %
"#;
    let shown = run(DOWN, &test).failure.unwrap();
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_rule_that_is_not_about_the_series_says_so_where_a_test_fails() {
    let test = "series = \"host/load\"\nvalues = \"0x9\"\nexpect = [{ at = \"5m\", is = \"firing\" }]";
    let shown = run(DOWN, test).failure.unwrap();
    assert!(shown.contains("source=\"uptime\" does not hold, source is \"host\""), "{shown}");
    assert_eq!(run(DOWN, &test.replace("firing", "clear")).failure, None);
}

#[test]
fn samples_may_be_listed_and_stop() {
    let absence = "match = ['source=\"uptime\"']\nabsence = { after = \"10m\" }";
    let test = format!(
        "{SHOP}\nstart = \"2026-11-20T10:00:00Z\"\n\
         samples = [{{ at = \"0s\", value = 3 }}, {{ at = \"5m\", value = 3 }}, {{ at = \"1h\", value = 4 }}]\n\
         expect = [{{ at = \"14m\", is = \"clear\" }}, {{ at = \"15m\", is = \"firing\" }}, {{ at = \"1h\", is = \"clear\" }}]"
    );
    assert_eq!(run(absence, &test).failure, None);
    let shown = run(absence, &test.replace("15m", "14m30s")).failure.unwrap();
    assert!(shown.contains("15m          firing"), "\n{shown}");
    assert!(shown.contains("+ 14m30s"), "\n{shown}");
}

#[test]
fn dead_letters_are_tested_by_their_number() {
    let letters = "dead_letters = { clear_after = \"5m\" }";
    let test = "values = \"0x2 3 0x9\"\n\
         expect = [{ at = \"1m\", is = \"clear\" }, { at = \"6m\", is = \"firing\" }, { at = \"7m\", is = \"clear\" }]";
    assert_eq!(run(letters, test).failure, None);
}

#[test]
fn the_longest_diff_is_cut_off() {
    let values = "0 100 ".repeat(300);
    let test = format!("{SHOP}\nvalues = \"{values}\"\nexpect = [{{ at = \"10m\", is = \"firing\" }}]");
    let shown = run(DOWN, &test).failure.unwrap();
    assert_eq!(shown.lines().count(), 202);
    assert!(shown.trim_end().ends_with("more lines"), "{shown}");
}
