//! An alert in the format of Alertmanager's API: `postableAlert` of its OpenAPI document, version 2.

use super::labels::labels;
use crate::message::sentence;
use serde::Serialize;
use std::collections::BTreeMap;
use watchkeeper_config::HttpUrl;
use watchkeeper_domain::{Alert, Timestamp};

/// One alert in the body of `POST /api/v2/alerts`. Times are RFC 3339.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    /// The identity of the alert.
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<&'static str, String>,
    starts_at: String,
    /// When it cleared; for a firing alert, when it counts as resolved unless it is sent again.
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<String>,
}

impl Told {
    /// Converts `alert`; it fires until `fires_until` at least, unless it has cleared.
    pub(super) fn of(alert: &Alert, page: Option<&HttpUrl>, fires_until: Timestamp) -> Self {
        let mut annotations = BTreeMap::from([
            ("summary", sentence(&alert.series.to_string(), alert)),
            ("reason", alert.reason.clone()),
        ]);
        annotations.extend(alert.value.map(|value| ("value", value.to_string())));
        Self {
            labels: labels(alert),
            annotations,
            starts_at: alert.fired_at.to_string(),
            ends_at: alert.cleared_at.unwrap_or(fires_until).to_string(),
            generator_url: page.map(|page| page.expose().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;
    use watchkeeper_domain::{Series, Severity};

    fn alert() -> Alert {
        let labels = [("target", "shop"), ("data-center", "fra")];
        Alert {
            rule: "site_down".into(),
            series: Arc::new(Series::new("uptime", "availability_percent", "percent", &labels).unwrap()),
            severity: Severity::Critical,
            fired_at: "2026-11-20T10:00:00.123Z".parse().unwrap(),
            cleared_at: None,
            value: Some(0.5),
            reason: "is 0.5 percent, below 50 for 2m".into(),
            acknowledged: None,
        }
    }

    #[test]
    fn a_firing_alert_has_the_documented_shape() {
        let page = "https://watch.example.org/alerts".parse().unwrap();
        let told = Told::of(&alert(), Some(&page), "2026-11-20T10:04:00Z".parse().unwrap());
        let series = r#"uptime/availability_percent{data-center="fra",target="shop"} percent"#;
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({
                "labels": {
                    "alertname": "site_down",
                    "severity": "critical",
                    "source": "uptime",
                    "metric": "availability_percent",
                    "unit": "percent",
                    "target": "shop",
                    "data_center": "fra",
                },
                "annotations": {
                    "summary": format!("{series} is 0.5 percent, below 50 for 2m"),
                    "reason": "is 0.5 percent, below 50 for 2m",
                    "value": "0.5",
                },
                "startsAt": "2026-11-20T10:00:00.123Z",
                "endsAt": "2026-11-20T10:04:00Z",
                "generatorURL": "https://watch.example.org/alerts",
            })
        );
    }

    #[test]
    fn one_that_has_cleared_ends_when_it_did() {
        let cleared_at = Some("2026-11-20T10:02:00Z".parse().unwrap());
        let cleared = Alert { cleared_at, value: None, ..alert() };
        let told = Told::of(&cleared, None, "2026-11-20T10:06:00Z".parse().unwrap());
        let told = serde_json::to_value(told).unwrap();
        assert_eq!(told["endsAt"], "2026-11-20T10:02:00Z");
        assert_eq!((told.get("generatorURL"), told["annotations"].get("value")), (None, None));
    }
}
