//! Configurations of other tools, imported and checked.

use crate::running::{Up, watchkeeper};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../import/tests/fixtures");

fn import(tool: &str, fixture: &str, output: &Path) -> Output {
    let file = format!("{FIXTURES}/{fixture}");
    watchkeeper(["import", tool, &file, "--output", output.to_str().unwrap()]).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_imported_passes_the_check_and_what_is_not_is_said() {
    let directory = tempfile::tempdir().unwrap();
    for (tool, fixture, summary) in
        [("gatus", "gatus.yaml", "of 40 targets"), ("uptime-kuma", "uptime-kuma.json", "of 40 targets")]
    {
        let file = directory.path().join(fixture).with_extension("toml");
        let imported = import(tool, fixture, &file);
        let said = text(&imported.stderr);
        assert!(imported.status.success(), "{said}");
        for part in ["not taken: ", summary, "secrets are not imported"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let checked = watchkeeper(["check-config", file.to_str().unwrap()]).output().unwrap();
        assert!(checked.status.success(), "{}", text(&checked.stderr));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "it is its owner's alone");
        let again = import(tool, fixture, &file);
        assert!(
            !again.status.success() && text(&again.stderr).contains("cannot write"),
            "an existing file is kept"
        );
    }
}

#[test]
fn the_configuration_is_printed_without_an_output_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gatus.yaml");
    fs::write(&file, "endpoints: [{name: a, url: 'https://a.test', conditions: ['[STATUS] == 200']}]")
        .unwrap();
    let imported = watchkeeper(["import", "gatus", file.to_str().unwrap()]).output().unwrap();
    assert!(text(&imported.stdout).contains("a = { url = \"https://a.test\", expect_status = [\"200\"] }\n"));
    assert_eq!(text(&imported.stderr), "watchkeeper: imported 1 target\n");
}

#[test]
fn an_endless_file_is_read_up_to_the_limit() {
    let endless = watchkeeper(["import", "gatus", "/dev/zero"]).output().unwrap();
    assert!(!endless.status.success());
    assert!(text(&endless.stderr).contains("the file has more than 16777216 bytes"), "{endless:?}");
}

#[test]
fn an_imported_configuration_runs() {
    let directory = tempfile::tempdir().unwrap();
    let first = Up::start(&directory.path().join("watched"));
    let file = directory.path().join("gatus.yaml");
    let endpoints = format!(
        "endpoints:\n- name: up\n  group: core\n  interval: 1s\n  url: {}/livez\n  conditions: ['[STATUS] == 200']\n",
        first.url
    );
    fs::write(&file, endpoints).unwrap();
    let config = directory.path().join("watchkeeper.toml");
    let imported = watchkeeper(["import", "gatus", file.to_str().unwrap(), "-o", config.to_str().unwrap()]);
    assert!({ imported }.status().unwrap().success());
    let second = Up::start_with(&directory.path().join("data"), |command| {
        command.arg("--config").arg(&config).stderr(Stdio::null());
    });
    crate::running::wait_for("the availability", || {
        let latest = second.run(&["query", "latest", "--source", "uptime", "--label", "group=core"]);
        text(&latest.stdout).contains("100").then_some(())
    });
}
