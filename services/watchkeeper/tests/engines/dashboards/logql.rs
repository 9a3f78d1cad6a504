//! The queries of Loki, which is not run: they are parsed, and use only what the journal has.

use super::board::{Query, boards};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const PARSER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/engines/logql/parse.mjs");
/// The labels that dashboards/source/logs.toml gives, and `job`.
const LABELS: [&str; 5] = ["host", "job", "level", "role", "unit"];
/// Fields that journald adds: systemd.journal-fields(7).
const OF_JOURNALD: [&str; 4] = ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT"];

#[derive(Debug, Deserialize)]
struct Parsed {
    errors: Vec<String>,
    labels: Vec<String>,
    fields: Vec<String>,
}

#[test]
#[ignore = "needs a parser from npm: cargo xtask test fetches it"]
fn every_query_of_the_log_is_valid_and_uses_labels_and_fields_that_the_journal_has() {
    let queries: Vec<_> = boards()
        .into_iter()
        .flat_map(|board| board.panels.into_iter().flat_map(|panel| panel.queries))
        .filter_map(|query| match query {
            Query::Log(text) => Some(text.replace("$__auto", "5m")),
            _ => None,
        })
        .collect();
    assert!(queries.len() > 15, "{queries:?}");
    let logged = fields_in_the_source();
    for (query, parsed) in queries.iter().zip(parse(&queries)) {
        assert!(parsed.errors.is_empty(), "{query}: {:?}", parsed.errors);
        assert!(!parsed.labels.is_empty(), "{query}");
        for label in &parsed.labels {
            assert!(LABELS.contains(&label.as_str()), "{query}: there is no label {label}");
        }
        for field in &parsed.fields {
            let is_there = [LABELS.as_slice(), OF_JOURNALD.as_slice()].concat().contains(&field.as_str());
            assert!(is_there || logged.contains(field), "{query}: nobody logs a field {field}");
        }
    }
}

#[test]
#[ignore = "needs a parser from npm: cargo xtask test fetches it"]
fn the_parser_finds_what_is_wrong_and_what_is_used() {
    let parsed = parse(&[
        "{role=\"api\"".to_owned(),
        "sum by (level) (count_over_time({role=\"api\"} | json | TOPIC = `a` | line_format `{{.MESSAGE}}` [5m]))".to_owned(),
    ]);
    assert!(!parsed[0].errors.is_empty());
    assert!(parsed[1].errors.is_empty(), "{parsed:?}");
    assert_eq!(parsed[1].labels, ["level", "role"]);
    assert_eq!(parsed[1].fields, ["TOPIC", "MESSAGE"]);
}

fn parse(queries: &[String]) -> Vec<Parsed> {
    let mut node = Command::new("node");
    let mut node = node.arg(PARSER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node");
    node.stdin.take().unwrap().write_all(&serde_json::to_vec(queries).unwrap()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "{PARSER} is fetched by cargo xtask test");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The names of all fields in calls of `tracing`, as journald has them.
fn fields_in_the_source() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let calls = text.split("tracing::").skip(1).filter(|call| is_event(call));
                fields.extend(calls.flat_map(fields_of));
            }
        }
    }
    fields
}

fn is_event(call: &str) -> bool {
    ["error!(", "warn!(", "info!(", "debug!("].iter().any(|level| call.starts_with(level))
}

/// The fields before the text: `%error`, `role = …`, `partition`.
fn fields_of(call: &str) -> Vec<String> {
    let (_, arguments) = call.split_once("!(").unwrap();
    let arguments = arguments.split('"').next().unwrap();
    let name = |argument: &str| {
        let name = argument.split('=').next().unwrap().trim().trim_start_matches(['%', '?']).to_uppercase();
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
    };
    arguments.split(',').filter_map(name).filter(|name| !name.is_empty()).collect()
}
