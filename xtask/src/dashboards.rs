//! `cargo xtask dashboards`: writes what Grafana, Prometheus, Promtail and Alloy read, from `dashboards/source`.

mod alerts;
mod board;
mod logs;
mod panel;
mod role;
mod source;
mod yaml;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use source::{Alerts, Board, Logs};
use std::fs;
use std::path::{Path, PathBuf};

/// The first line of each file that is written in YAML or Alloy's syntax; JSON has no comments.
const WRITTEN: &str = "Written by `cargo xtask dashboards` from dashboards/source: change it there.";

pub(crate) fn run() -> anyhow::Result<()> {
    let dir = directory();
    for (path, text) in written(&dir)? {
        let file = dir.join(&path);
        fs::write(&file, text).with_context(|| file.display().to_string())?;
        println!("dashboards/{}", path.display());
    }
    Ok(())
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards")
}

/// The files, relative to `dir`, with their text.
fn written(dir: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for (name, text) in sources(&dir.join("source"))? {
        match name.as_str() {
            "alerts" => {
                let alerts: Alerts = parse(&name, &text)?;
                files.push(("prometheus/rules.yml".into(), alerts::prometheus(&alerts)));
                files.push(("grafana/alerting.yaml".into(), alerts::grafana(&alerts)));
            }
            "logs" => {
                let logs: Logs = parse(&name, &text)?;
                files.push(("loki/promtail.yml".into(), logs::promtail(&logs)));
                files.push(("loki/config.alloy".into(), logs::alloy(&logs)));
            }
            _ => files.push(board_file(&name, &parse(&name, &text)?)?),
        }
    }
    for (name, text) in sources(&dir.join("source/roles"))? {
        files.push(role_file(&name, &text)?);
    }
    Ok(files)
}

/// The dashboard of a role, from the text of its source.
pub(crate) fn role_file(role: &str, source: &str) -> anyhow::Result<(PathBuf, String)> {
    board_file(&format!("role-{role}"), &role::complete(role, parse(role, source)?))
}

fn board_file(name: &str, board: &Board) -> anyhow::Result<(PathBuf, String)> {
    let mut json = board::grafana(name, board);
    // Whether a map keeps the order of insertion depends on what else is built.
    json.sort_all_objects();
    let json = serde_json::to_string_pretty(&json)?;
    Ok((format!("grafana/{name}.json").into(), json + "\n"))
}

fn parse<T: DeserializeOwned>(name: &str, text: &str) -> anyhow::Result<T> {
    toml::from_str(text).with_context(|| format!("dashboards/source, {name}.toml"))
}

/// The TOML files of a directory by name, in order.
fn sources(dir: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            sources.push((name, fs::read_to_string(&path)?));
        }
    }
    sources.sort();
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_committed_is_what_the_sources_give() {
        let dir = directory();
        let written = written(&dir).unwrap();
        for (path, text) in &written {
            let committed = fs::read_to_string(dir.join(path)).unwrap_or_default();
            assert!(committed == *text, "{} is not current: run cargo xtask dashboards", path.display());
        }
        let expected: BTreeSet<_> = written.iter().map(|(path, _)| dir.join(path)).collect();
        for entry in fs::read_dir(dir.join("grafana")).unwrap() {
            let path = entry.unwrap().path();
            let is_json = path.extension().is_some_and(|extension| extension == "json");
            assert!(!is_json || expected.contains(&path), "{} has no source", path.display());
        }
    }

    #[test]
    fn a_role_has_rows_for_rate_errors_latency_and_saturation_and_its_process_and_logs() {
        for (name, text) in sources(&directory().join("source/roles")).unwrap() {
            let board = role::complete(&name, parse(&name, &text).unwrap());
            let rows: Vec<_> = board.rows.iter().map(|row| row.title.as_str()).collect();
            assert_eq!(rows, ["Rate", "Errors", "Latency", "Saturation", "Process", "Logs"], "{name}");
        }
    }

    #[test]
    fn the_alert_about_memory_knows_the_limits_of_the_units() {
        let alerts = fs::read_to_string(directory().join("source/alerts.toml")).unwrap();
        for (unit, mebibytes) in [("watchkeeper@.service", 768), ("watchkeeper-up.service", 1_536)] {
            let text = fs::read_to_string(directory().join("../systemd").join(unit)).unwrap();
            assert!(text.contains(&format!("\nMemoryHigh={mebibytes}M\n")), "{unit}");
            assert!(alerts.contains(&format!("/ {}", mebibytes << 20)), "{unit}");
        }
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused() {
        let error = parse::<Board>("hosts", "title = \"a\"\nabout = \"b\"\ncolour = 1\n").unwrap_err();
        assert!(format!("{error:#}").contains("unknown field `colour`"), "{error:#}");
    }
}
