//! What `migrate` refuses, and in what words.

use crate::running::{Up, watchkeeper};
use std::path::Path;

/// An engine of which nothing is asked, because the migration is refused before.
const POSTGRES: &str = "postgres://127.0.0.1:1/watchkeeper";

fn refused(from: &Path, to: &[&str]) -> String {
    let mut command = watchkeeper(["migrate", "--from"]);
    command.arg(format!("embedded:{}", from.display()));
    let output = command.args(to.iter().flat_map(|&url| ["--to", url])).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_installation_that_is_in_use_is_not_moved() {
    let dir = tempfile::tempdir().unwrap();
    let _up = Up::start(dir.path());
    for to in [POSTGRES, "mongodb://127.0.0.1:1"] {
        let error = refused(dir.path(), &[to]);
        assert!(error.contains("stop `watchkeeper up` first") && error.contains("is using /"), "{error}");
    }
}

#[test]
fn where_there_is_no_installation_none_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    let error = refused(&none, &[POSTGRES]);
    assert!(error.contains("none is not an installation: there is no bus.db"), "{error}");
    assert!(!none.exists());
    let error = refused(dir.path(), &["mongodb://127.0.0.1:1"]);
    assert!(error.contains("there is no rollups.db"), "{error}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let error = refused(dir.path(), &["kafka://127.0.0.1:1"]);
    assert!(error.contains("the bus is not migrated without the store"), "{error}");
    let error = refused(dir.path(), &[POSTGRES, "redis://127.0.0.1:1"]);
    assert!(error.contains("the cache is not migrated: it is filled"), "{error}");
}

#[test]
fn who_says_nothing_of_where_to_is_told_how() {
    let output = watchkeeper(["migrate"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("--config <FILE>"), "{error}");
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("watchkeeper.toml");
    std::fs::write(&config, "").unwrap();
    let output = watchkeeper(["migrate", "--config"]).arg(&config).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && error.contains("name engines with --to, or in [backends]"),
        "{error}"
    );
}

#[test]
fn the_help_says_that_it_can_be_started_again() {
    let output = watchkeeper(["migrate", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for expected in ["kafka://", "postgres://", "mongodb://", "An interrupted migration resumes", "Examples:"]
    {
        assert!(help.contains(expected), "{expected} is not in:\n{help}");
    }
}
