//! A sample goes the whole way.

use crate::poison::poison;
use crate::running::{Up, wait_for};

#[test]
fn a_host_series_is_on_the_page_in_the_api_and_in_query_latest() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    up.wait_for("/v1/latest?source=host&name=load_average_1m", |answer| answer.contains("\"value\""));
    up.wait_for("/explore", |page| page.contains("load_average_1m"));
    let printed = up.run(&["query", "latest", "--source", "host"]);
    assert!(String::from_utf8_lossy(&printed.stdout).contains("memory_total"), "{printed:?}");
}

#[test]
fn a_posted_sample_is_on_the_page_in_the_api_in_query_latest_and_in_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let body = r#"[{"source":"demo","name":"answer","value":42,"labels":{"by":"curl"}}]"#;
    assert_eq!(up.post_samples(body), Some(202));
    up.wait_for("/v1/latest?source=demo", |answer| answer.contains("\"value\":42"));
    up.wait_for("/v1/samples?source=demo&last=1", |answer| answer.contains("\"value\":42"));
    up.wait_for("/explore?source=demo", |page| page.contains("answer") && page.contains("42"));
    let range = up.run(&["query", "range", "--source", "demo", "--aggregate", "max"]);
    let range = String::from_utf8(range.stdout).unwrap();
    assert!(range.starts_with("demo/answer by=curl\n") && range.trim_end().ends_with(" 42"), "{range}");
    let printed = up.run(&["query", "latest", "--source", "demo", "--json"]);
    let line = String::from_utf8(printed.stdout).unwrap();
    assert!(
        line.starts_with(r#"{"source":"demo","name":"answer","labels":{"by":"curl"},"value":42"#),
        "{line}"
    );
}

#[test]
fn a_poison_record_is_listed_shown_and_replayed() {
    let dir = tempfile::tempdir().unwrap();
    // Nothing that comes in over HTTP can be poison: it is put on the bus behind the program's back.
    poison(dir.path());
    let up = Up::start(dir.path());
    let list = wait_for("a dead letter", || {
        let printed = up.run(&["dead-letters", "list"]);
        let list = String::from_utf8(printed.stdout).unwrap();
        list.contains("value: is missing").then_some(list)
    });
    let id = list.lines().nth(1).and_then(|line| line.split_whitespace().next()).unwrap().to_owned();
    let shown = up.run(&["dead-letters", "show", &id]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains(r#"{"source":"demo","name":"poison"}"#), "{shown}");
    let replayed = up.run(&["dead-letters", "replay", "--all"]);
    assert!(replayed.status.success(), "{replayed:?}");
    // It is as bad as before, so it comes back as another letter.
    wait_for("the letter's return", || {
        let list = String::from_utf8(up.run(&["dead-letters", "list"]).stdout).unwrap();
        (list.contains("value: is missing") && !list.lines().any(|line| line.starts_with(&id))).then_some(())
    });
}
