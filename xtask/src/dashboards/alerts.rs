//! The alerts, as Prometheus and as Grafana read them.

use super::panel::PROMETHEUS;
use super::source::{Alert, Alerts, Comparison};
use super::{WRITTEN, yaml};
use serde_json::{Value, json};

/// How far back Grafana's queries reach, in seconds; each names the range it needs itself.
const GRAFANA_LOOKS_BACK: u32 = 600;

/// Rules of Prometheus.
pub(super) fn prometheus(alerts: &Alerts) -> String {
    let rule = |alert: &Alert| {
        json!({
            "alert": alert.name,
            "expr": condition(alert),
            "for": alert.hold,
            "labels": { "severity": alert.severity.name() },
            "annotations": { "summary": alert.summary, "runbook": alert.runbook },
        })
    };
    let groups = alerts.groups.iter();
    let groups = groups.map(|group| json!({ "name": group.name, "rules": list(&group.alerts, rule) }));
    yaml::document(WRITTEN, json!({ "groups": groups.collect::<Vec<_>>() }))
}

/// Rules of Grafana: <https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/>.
pub(super) fn grafana(alerts: &Alerts) -> String {
    let groups = alerts.groups.iter().map(|group| {
        json!({
            "orgId": 1,
            "name": group.name,
            "folder": "Watchkeeper",
            "interval": "1m",
            "rules": list(&group.alerts, grafana_rule),
        })
    });
    yaml::document(WRITTEN, json!({ "apiVersion": 1, "groups": groups.collect::<Vec<_>>() }))
}

fn grafana_rule(alert: &Alert) -> Value {
    let [_, prometheus] = PROMETHEUS;
    let (evaluator, value) = match alert.is {
        Comparison::Above(value) => ("gt", value),
        Comparison::Below(value) => ("lt", value),
    };
    // The value of query A has another name there.
    let text = |text: &str| text.replace("$value", "$values.A.Value");
    json!({
        "uid": alert.name.to_lowercase(),
        "title": alert.name,
        "condition": "B",
        "data": [
            {
                "refId": "A",
                "datasourceUid": prometheus,
                "relativeTimeRange": { "from": GRAFANA_LOOKS_BACK, "to": 0 },
                "model": { "refId": "A", "expr": alert.query, "instant": true, "range": false },
            },
            {
                "refId": "B",
                "datasourceUid": "__expr__",
                "relativeTimeRange": { "from": GRAFANA_LOOKS_BACK, "to": 0 },
                "model": {
                    "refId": "B",
                    "type": "threshold",
                    "expression": "A",
                    "conditions": [{ "evaluator": { "type": evaluator, "params": [value] } }],
                },
            },
        ],
        "for": alert.hold,
        // As in Prometheus: a query without a result fires nothing.
        "noDataState": "OK",
        "execErrState": "Error",
        "labels": { "severity": alert.severity.name() },
        "annotations": { "summary": text(&alert.summary), "runbook": alert.runbook },
    })
}

fn condition(alert: &Alert) -> String {
    // Operators that bind less than a comparison, or no tighter.
    let binds_less = [" or ", " and ", " unless ", " > ", " < "];
    let is_compound = binds_less.iter().any(|operator| alert.query.contains(operator));
    let query = if is_compound { format!("({})", alert.query) } else { alert.query.clone() };
    match alert.is {
        Comparison::Above(value) => format!("{query} > {value}"),
        Comparison::Below(value) => format!("{query} < {value}"),
    }
}

fn list(alerts: &[Alert], of: impl Fn(&Alert) -> Value) -> Vec<Value> {
    alerts.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboards::source::Severity;

    fn alert(query: &str) -> Alert {
        Alert {
            name: "A".to_owned(),
            query: query.to_owned(),
            is: Comparison::Below(0.5),
            hold: "5m".to_owned(),
            severity: Severity::Warning,
            summary: "{{ $value }}".to_owned(),
            runbook: "Look.".to_owned(),
        }
    }

    #[test]
    fn the_comparison_is_of_the_whole_query() {
        assert_eq!(condition(&alert("up")), "up < 0.5");
        assert_eq!(condition(&alert("a and b > 0")), "(a and b > 0) < 0.5");
    }

    #[test]
    fn grafana_compares_the_unfiltered_value_and_shows_it() {
        let rule = grafana_rule(&alert("up"));
        assert_eq!(rule["data"][0]["model"]["expr"], "up");
        let evaluator = &rule["data"][1]["model"]["conditions"][0]["evaluator"];
        assert_eq!(*evaluator, json!({ "type": "lt", "params": [0.5] }));
        assert_eq!(rule["annotations"]["summary"], "{{ $values.A.Value }}");
    }
}
