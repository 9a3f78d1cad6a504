//! What ingest refuses is seen by the operator, not only by the client.

use crate::running::{PATIENCE, Up, wait_for};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

#[test]
fn a_refused_sample_is_listed_counted_shown_on_the_page_and_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    let mut up = Up::start_with(dir.path(), |command| {
        command.stderr(Stdio::piped());
    });
    let list = |up: &Up| String::from_utf8(up.run(&["refusals"]).stdout).unwrap();
    assert!(list(&up).starts_with("Nothing has been refused since "), "{}", list(&up));
    let old = r#"[{"source":"demo","name":"old","value":42,"collected_at":"1971-01-01T00:00:00Z"}]"#;
    for _ in 0..3 {
        assert_eq!(up.post_samples(old), Some(400));
    }
    assert_eq!(up.post_samples("["), Some(400));

    let listed = list(&up);
    let [_, newest, repeated] = listed.lines().collect::<Vec<_>>()[..] else { panic!("{listed}") };
    assert!(newest.contains("127.0.0.1") && newest.contains("body: is not valid JSON"), "{listed}");
    assert!(repeated.contains("  3 "), "{listed}");
    let json = up.get("/v1/refusals");
    assert!(
        json.contains("collected_at: is 1971-01-01T00:00:00Z, older than the retention of 90 days"),
        "{json}"
    );
    let metrics = up.get("/metrics");
    let counted = r#"watchkeeper_ingest_refusals_total{client="127.0.0.1",reason="collected_at"} 3"#;
    assert!(metrics.contains(counted), "{metrics}");
    wait_for("the page", || Some(up.get("/system")).filter(|page| page.contains("4 refused by ingest")));
    let (mut log, (found, warnings)) = (up.stderr().map_while(Result::ok), mpsc::sync_channel(1));
    // In a thread, so that a warning that does not come fails the test instead of blocking it.
    thread::spawn(move || {
        let warning = log.find(|line| line.contains("refused data sent by clients"));
        warning.map(|warning| found.send(warning))
    });
    let warning = warnings.recv_timeout(PATIENCE).expect("a warning is logged");
    assert!(warning.contains("WARN") && warning.contains("127.0.0.1"), "{warning}");
}
