//! The labels that identify an alert in Alertmanager.

use std::collections::BTreeMap;
use watchkeeper_domain::Alert;

/// Prefix of a series label whose name is reserved, as in Prometheus.
const TAKEN: &str = "exported_";

/// Rule, severity and the parts of the series, and its labels under names that Prometheus allows. Different alerts
/// have different labels; no label is empty, as Alertmanager would drop it.
pub(super) fn labels(alert: &Alert) -> BTreeMap<String, String> {
    let series = &alert.series;
    let own = [
        ("alertname", alert.rule.as_str()),
        ("severity", alert.severity.name()),
        ("source", series.source()),
        ("metric", series.name()),
        ("unit", series.unit()),
    ];
    let mut labels: BTreeMap<_, _> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for (name, value) in series.labels() {
        let mut name = prometheus_name(name);
        while labels.contains_key(&name) {
            name.insert_str(0, TAKEN);
        }
        labels.insert(name, value.to_owned());
    }
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// A name of `[a-zA-Z_][a-zA-Z0-9_]*`: other characters become `_`. Names that begin with two underscores are
/// reserved by Prometheus.
fn prometheus_name(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = name.chars().map(allowed).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("__") {
        format!("label_{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_map;
    use proptest::prelude::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Series, Severity, Timestamp};

    fn told(series: &[(&str, &str)]) -> BTreeMap<String, String> {
        labels(&Alert {
            rule: "r".into(),
            series: Arc::new(Series::new("s", "m", "", series).unwrap()),
            severity: Severity::Info,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: None,
            reason: String::new(),
            acknowledged: None,
        })
    }

    #[test]
    fn a_name_that_is_taken_is_put_aside_and_an_empty_label_left_out() {
        let told =
            told(&[("severity", "mine"), ("a-b", "1"), ("a.b", "2"), ("a_b", "3"), ("0", "4"), ("e", "")]);
        let shown: Vec<_> = told.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            shown,
            [
                "a_b=1",
                "alertname=r",
                "exported_a_b=2",
                "exported_exported_a_b=3",
                "exported_severity=mine",
                "label_0=4",
                "metric=m",
                "severity=info",
                "source=s"
            ]
        );
    }

    proptest! {
        #[test]
        fn every_label_is_told_under_a_name_that_prometheus_allows(
            series in btree_map("[a-z0-9_.é-]{1,4}", "[ -~]{1,4}", 0..6)
        ) {
            let pairs: Vec<_> = series.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            prop_assume!(Series::new("s", "m", "", &pairs).is_ok());
            let told = told(&pairs);
            prop_assert_eq!(told.len(), 4 + pairs.len());
            for name in told.keys() {
                let mut letters = name.chars();
                prop_assert!(letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_'));
                prop_assert!(letters.all(|c| c.is_ascii_alphanumeric() || c == '_'));
            }
        }
    }
}
