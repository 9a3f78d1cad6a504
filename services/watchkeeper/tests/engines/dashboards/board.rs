//! The dashboards as they are committed.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A dashboard.
pub(super) struct Board {
    pub(super) title: String,
    /// The names of variables, with the SQL of their values.
    pub(super) variables: Vec<(String, String)>,
    pub(super) panels: Vec<Panel>,
}

pub(super) struct Panel {
    pub(super) title: String,
    pub(super) queries: Vec<Query>,
}

#[derive(Clone, Debug)]
pub(super) enum Query {
    Prom(String),
    Log(String),
    Sql { text: String, is_table: bool },
}

impl Query {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Prom(text) | Self::Log(text) | Self::Sql { text, .. } => text,
        }
    }
}

/// The directory `dashboards/`.
pub(super) fn directory() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dashboards")).canonicalize().unwrap()
}

/// All of them.
pub(super) fn boards() -> Vec<Board> {
    let files = fs::read_dir(directory().join("grafana")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    files.iter().map(|file| read(file)).collect()
}

fn read(file: &Path) -> Board {
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains("${DS_"), "{} leaves a data source to be chosen", file.display());
    let board: Value = serde_json::from_str(&text).unwrap();
    let variables = board["templating"]["list"].as_array().unwrap().iter();
    let panels = board["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row");
    Board {
        title: owned(&board["title"]),
        variables: variables.map(|variable| (owned(&variable["name"]), owned(&variable["query"]))).collect(),
        panels: panels.map(panel).collect(),
    }
}

fn panel(panel: &Value) -> Panel {
    let queries: Vec<_> = panel["targets"].as_array().unwrap().iter().map(query).collect();
    assert!(!queries.is_empty(), "{panel}");
    Panel { title: owned(&panel["title"]), queries }
}

fn query(target: &Value) -> Query {
    let source = &target["datasource"];
    match (owned(&source["type"]).as_str(), owned(&source["uid"]).as_str()) {
        ("prometheus", "watchkeeper-prometheus") => Query::Prom(owned(&target["expr"])),
        ("loki", "watchkeeper-loki") => Query::Log(owned(&target["expr"])),
        ("grafana-postgresql-datasource", "watchkeeper-postgresql") => {
            Query::Sql { text: owned(&target["rawSql"]), is_table: target["format"] == "table" }
        }
        _ => panic!("a data source that nobody provisions: {source}"),
    }
}

fn owned(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
