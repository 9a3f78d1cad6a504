//! What samples become.

use crate::running::Up;
use std::time::Duration;
use watchkeeper_domain::{Timestamp, Window};

#[test]
fn the_samples_of_an_hour_that_is_over_become_a_rollup() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    // Of an hour that has settled by now, and in the same one.
    let start = Window::Hour.start(Timestamp::now().minus(Duration::from_secs(2 * 60 * 60)));
    for (minute, value) in [(1, 1.0), (2, 3.0), (3, 8.0)] {
        let at = start.plus(Duration::from_secs(60 * minute));
        let body = format!(r#"[{{"source":"demo","name":"answer","value":{value},"collected_at":"{at}"}}]"#);
        assert_eq!(up.post_samples(&body), Some(202));
    }
    up.wait_for("/v1/samples?source=demo", |answer| answer.contains("\"value\":8"));
    assert!(up.stop().success());

    // It looks for what is due at its start.
    let up = Up::start(dir.path());
    up.wait_for("/v1/rollups?source=demo", |answer| answer.contains("\"rollups\""));
    let printed = up.run(&["query", "rollups", "--source", "demo", "--json"]);
    let line = String::from_utf8(printed.stdout).unwrap();
    let rollup =
        format!(r#""rollups":[{{"start":"{start}","avg":4.0,"min":1.0,"max":8.0,"count":3,"p95":8.0}}]"#);
    assert!(line.contains(&rollup), "{line}");
    let printed = up.run(&["query", "rollups", "--source", "demo", "--window", "hour"]);
    let table = String::from_utf8(printed.stdout).unwrap();
    assert!(table.contains("SOURCE") && table.contains(&start.to_string()), "{table}");
    let (from, to) = ("2020-01-01T00:00:00Z", "2020-01-03T00:00:00Z");
    let printed = up.run(&["query", "rollups", "--window", "day", "--from", from, "--to", to]);
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), "No rollups match.\n");
}
