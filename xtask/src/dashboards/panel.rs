//! A panel as Grafana reads it.

use super::source::{Kind, Panel};
use serde_json::{Value, json};

/// The data sources by type and fixed uid: Grafana's provisioning must use these uids.
pub(super) const PROMETHEUS: [&str; 2] = ["prometheus", "watchkeeper-prometheus"];
const LOKI: [&str; 2] = ["loki", "watchkeeper-loki"];
pub(super) const POSTGRESQL: [&str; 2] = ["grafana-postgresql-datasource", "watchkeeper-postgresql"];

pub(super) fn data_source([of_type, uid]: [&str; 2]) -> Value {
    json!({ "type": of_type, "uid": uid })
}

pub(super) fn grafana(panel: &Panel, id: u32, grid: &Value) -> Value {
    let targets = targets(panel);
    json!({
        "id": id,
        "type": type_of(panel.kind),
        "title": panel.title,
        "description": panel.about,
        "gridPos": grid,
        "datasource": targets[0]["datasource"],
        "fieldConfig": { "defaults": field(panel), "overrides": [] },
        "options": options(panel.kind),
        "targets": targets,
    })
}

const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Timeseries => "timeseries",
        Kind::Stat => "stat",
        Kind::Bargauge => "bargauge",
        Kind::Table => "table",
        Kind::Heatmap => "heatmap",
        Kind::Logs => "logs",
        Kind::StateTimeline => "state-timeline",
    }
}

/// The queries, `A`, `B` and so on.
fn targets(panel: &Panel) -> Vec<Value> {
    let at_an_instant = matches!(panel.kind, Kind::Stat | Kind::Bargauge);
    let promql = panel.promql.iter().map(|(legend, query)| {
        json!({
            "datasource": data_source(PROMETHEUS),
            "expr": query,
            "legendFormat": legend,
            "format": if panel.kind == Kind::Heatmap { "heatmap" } else { "time_series" },
            "instant": at_an_instant,
            "range": !at_an_instant,
            "editorMode": "code",
        })
    });
    let logql = panel.logql.iter().map(|(legend, query)| {
        json!({
            "datasource": data_source(LOKI),
            "expr": query,
            "legendFormat": legend,
            "queryType": if at_an_instant { "instant" } else { "range" },
            "editorMode": "code",
        })
    });
    let sql = panel.sql.iter().map(|query| {
        json!({
            "datasource": data_source(POSTGRESQL),
            "rawSql": query.trim(),
            "rawQuery": true,
            "format": if panel.kind == Kind::Table { "table" } else { "time_series" },
            "editorMode": "code",
        })
    });
    let mut targets: Vec<_> = promql.chain(logql).chain(sql).collect();
    assert!(!targets.is_empty(), "panel {:?} has no query", panel.title);
    for (target, id) in targets.iter_mut().zip('A'..='Z') {
        target["refId"] = json!(id.to_string());
    }
    targets
}

fn field(panel: &Panel) -> Value {
    let mut field = json!({ "unit": panel.unit });
    if let Some(none) = &panel.none {
        field["noValue"] = json!(none);
    }
    if panel.kind == Kind::Timeseries {
        field["custom"] =
            json!({ "fillOpacity": 8, "lineWidth": 1, "showPoints": "auto", "spanNulls": false });
    }
    if !panel.states.is_empty() {
        let colour = |value: &str| if value == "0" { "red" } else { "green" };
        let options: serde_json::Map<_, _> = panel
            .states
            .iter()
            .map(|(value, text)| (value.clone(), json!({ "text": text, "color": colour(value) })))
            .collect();
        field["mappings"] = json!([{ "type": "value", "options": options }]);
    }
    field
}

fn options(kind: Kind) -> Value {
    match kind {
        Kind::Timeseries => json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        }),
        Kind::Stat => json!({ "reduceOptions": { "calcs": ["lastNotNull"] }, "colorMode": "value" }),
        Kind::Bargauge => json!({
            "reduceOptions": { "calcs": ["lastNotNull"] },
            "orientation": "horizontal",
            "displayMode": "basic",
        }),
        Kind::Table => json!({ "showHeader": true, "cellHeight": "sm" }),
        Kind::Heatmap => json!({
            "calculate": false,
            "yAxis": { "unit": "s" },
            "color": { "mode": "scheme", "scheme": "Oranges", "steps": 32 },
            "tooltip": { "mode": "single", "showColorScale": false },
        }),
        Kind::Logs => json!({
            "showTime": true,
            "wrapLogMessage": true,
            "enableLogDetails": true,
            "sortOrder": "Descending",
            "dedupStrategy": "none",
        }),
        Kind::StateTimeline => json!({ "mergeValues": true, "showValue": "never", "rowHeight": 0.8 }),
    }
}
