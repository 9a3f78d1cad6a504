//! What is refused, and in what words.

use crate::running::{Up, watchkeeper};
use std::fs;

fn error_of(args: &[&str]) -> String {
    let output = watchkeeper(args).output().unwrap();
    assert!(!output.status.success(), "{args:?} was not refused");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn run_on_the_embedded_back_end_says_why_not_and_what_instead() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    fs::write(&config, "").unwrap();
    let error = error_of(&["run", "persister", "--config", config.to_str().unwrap()]);
    assert!(error.contains("bus, store, cache, rollups of [backends] belong to one process"), "{error}");
    assert!(error.contains("watchkeeper up --config"), "{error}");
}

#[test]
fn check_config_reports_every_error_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    fs::write(&config, "[persister]\nbatch_age = 5\nretentoin = \"1d\"\n\n[log]\nlevel = \"loud\"\n")
        .unwrap();
    let error = error_of(&["check-config", config.to_str().unwrap()]);
    for expected in
        ["watchkeeper.toml:2", "persister.batch_age", "watchkeeper.toml:3", "retention", ":6", "trace"]
    {
        assert!(error.contains(expected), "{expected} is not in:\n{error}");
    }
}

#[test]
fn a_listener_off_loopback_needs_tokens() {
    let dir = tempfile::tempdir().unwrap();
    let error = error_of(&["up", "--http", "0.0.0.0:0", "--data-dir", dir.path().to_str().unwrap()]);
    assert!(error.contains("0.0.0.0") && error.contains("token"), "{error}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let first = Up::start(&dir.path().join("first"));
    let taken = first.url.strip_prefix("http://").unwrap();
    let second = dir.path().join("second");
    let error =
        error_of(&["up", "--http", taken, "--grpc", "127.0.0.1:0", "--data-dir", second.to_str().unwrap()]);
    assert!(error.contains(taken) && error.contains("--http"), "{error}");
}

#[test]
fn a_client_without_a_server_says_what_to_start() {
    let error = error_of(&["query", "latest", "--url", "http://127.0.0.1:1"]);
    assert!(error.contains("watchkeeper up"), "{error}");
}

#[test]
fn a_url_may_leave_out_its_scheme() {
    let error = error_of(&["query", "latest", "--url", "127.0.0.1:1"]);
    assert!(error.contains("no response from http://127.0.0.1:1: "), "{error}");
}

#[test]
fn one_port_for_both_listeners_is_refused_by_the_names_that_were_used() {
    let dir = tempfile::tempdir().unwrap();
    let args =
        ["up", "--http", "18460", "--grpc", "localhost:18460", "--data-dir", dir.path().to_str().unwrap()];
    let error = error_of(&args);
    assert!(error.contains("--http and --grpc must not both be 127.0.0.1:18460"), "{error}");
}

#[test]
fn a_wrong_question_is_refused_by_parameter() {
    let dir = tempfile::tempdir().unwrap();
    let up = Up::start(dir.path());
    let output = up.run(&["query", "range", "--step", "1"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("step"), "{error}");
}

#[test]
fn the_example_of_the_readme_is_accepted_and_has_a_rule() {
    let readme = include_str!("../../../../README.md");
    let is_within = |line: &&str| line.is_empty() || line.starts_with("    ");
    let example = readme.lines().skip_while(|line| line.trim() != "# site.toml").take_while(is_within);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("site.toml");
    fs::write(&file, example.collect::<Vec<_>>().join("\n")).unwrap();
    let output = watchkeeper(["rules", "check", file.to_str().unwrap()]).output().unwrap();
    let (listed, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && listed.contains("site_down"), "{listed}{error}");
}

#[test]
fn the_example_of_every_section_is_accepted() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/watchkeeper.toml");
    let output = watchkeeper(["check-config", example]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
