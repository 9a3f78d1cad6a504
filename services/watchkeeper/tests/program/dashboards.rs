//! What the documents say to ask Prometheus for is there.

use crate::running::Up;
use std::collections::BTreeSet;

const DASHBOARDS: &str = include_str!("../../../../docs/dashboards.md");

#[test]
fn every_metric_that_the_dashboards_ask_for_is_exposed() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let answer = up.post_samples(r#"{"source":"demo","name":"answer","value":42}"#);
    assert_eq!(answer, Some(202));
    up.wait_for("/v1/latest?source=demo", |answer| answer.contains("42"));
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = DASHBOARDS.split(|c: char| !is_name(c));
    let asked: BTreeSet<_> =
        words.filter(|word| word.starts_with("watchkeeper_") || word.starts_with("process_")).collect();
    assert!(asked.len() > 15, "{asked:?}");
    let exposed = up.get("/metrics");
    let described = exposed.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next());
    let described: BTreeSet<_> = described.collect();
    for name in asked {
        let of =
            ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        assert!(described.contains(of), "{name} is not exposed");
    }
}
