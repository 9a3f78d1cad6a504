//! The sources: what `dashboards/source/*.toml` may say.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A dashboard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Board {
    pub(super) title: String,
    pub(super) about: String,
    #[serde(rename = "variable", default)]
    pub(super) variables: Vec<Variable>,
    #[serde(rename = "row", default)]
    pub(super) rows: Vec<Row>,
}

/// A selection in the head of a dashboard: the first column of an SQL query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) sql: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) title: String,
    #[serde(rename = "panel", default)]
    pub(super) panels: Vec<Panel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panel {
    pub(super) title: String,
    #[serde(default)]
    pub(super) about: String,
    #[serde(default)]
    pub(super) kind: Kind,
    /// By Grafana's identifiers: `reqps`, `s`, `percentunit`.
    #[serde(default = "short")]
    pub(super) unit: String,
    /// Of 24 columns.
    #[serde(default = "third")]
    pub(super) width: usize,
    #[serde(default = "usual_height")]
    pub(super) height: usize,
    /// The names of values, for a state timeline.
    #[serde(default)]
    pub(super) states: BTreeMap<String, String>,
    /// What the panel shows instead of "No data".
    #[serde(default)]
    pub(super) none: Option<String>,
    /// Queries by legend.
    #[serde(default)]
    pub(super) promql: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) logql: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) sql: Option<String>,
}

/// The panels of Grafana that are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    #[default]
    Timeseries,
    Stat,
    Bargauge,
    Table,
    Heatmap,
    Logs,
    StateTimeline,
}

fn short() -> String {
    "short".to_owned()
}

const fn third() -> usize {
    8
}

const fn usual_height() -> usize {
    8
}

/// The alerts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alerts {
    #[serde(rename = "group")]
    pub(super) groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    pub(super) name: String,
    #[serde(rename = "alert")]
    pub(super) alerts: Vec<Alert>,
}

/// An alert, which fires for each series of `query` that is above or below a value for so long.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) query: String,
    pub(super) is: Comparison,
    #[serde(rename = "for")]
    pub(super) hold: String,
    pub(super) severity: Severity,
    pub(super) summary: String,
    /// What to do first, in one line.
    pub(super) runbook: String,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Comparison {
    Above(f64),
    Below(f64),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    Warning,
    Critical,
}

impl Severity {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// How entries of the journal get their labels in Loki.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logs {
    /// In order; a later one replaces the label of an earlier one.
    #[serde(rename = "label")]
    pub(super) labels: Vec<Label>,
}

/// A label: the first group of `regex`, if that matches the values of `from`, joined by `;`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) from: Vec<String>,
    pub(super) regex: String,
}
