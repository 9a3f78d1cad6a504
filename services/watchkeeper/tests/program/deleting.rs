//! Deleting series.

use crate::running::Up;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_source_is_deleted_after_a_confirmation_and_everything_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let body = r#"[{"source":"demo","name":"answer","value":42},{"source":"demo","name":"other","value":1},
        {"source":"kept","name":"answer","value":7}]"#;
    assert_eq!(up.post_samples(body), Some(202));
    for source in ["demo", "kept"] {
        up.wait_for(&format!("/v1/samples?source={source}"), |answer| answer.contains("answer"));
        up.wait_for(&format!("/v1/latest?source={source}"), |answer| answer.contains("answer"));
    }
    let counted = up.run(&["delete", "--source", "demo", "--dry-run"]);
    let matching = "2 series match.\nRollups of matching series without samples are deleted, too.\n";
    assert_eq!(text(&counted.stdout), matching);
    let refused = up.run(&["delete", "--source", "demo"]);
    assert!(text(&refused.stderr).contains("nothing was deleted: confirm with --yes"), "{refused:?}");
    let everything = up.run(&["delete", "--yes"]);
    assert!(text(&everything.stderr).contains("without any, all data would be deleted"), "{everything:?}");
    assert!(up.get("/v1/series?source=demo").contains("answer"), "nothing is deleted yet");

    let deleted = up.run(&["delete", "--source", "demo", "--yes"]);
    assert_eq!(
        text(&deleted.stdout),
        format!("{matching}Deleted 2 series, 2 samples and 0 rollups.\n"),
        "{deleted:?}"
    );
    for path in ["/v1/series", "/v1/samples", "/v1/latest"] {
        assert!(!up.get(&format!("{path}?source=demo")).contains("answer"), "{path}");
        assert!(up.get(&format!("{path}?source=kept")).contains("answer"), "{path}");
    }
}
