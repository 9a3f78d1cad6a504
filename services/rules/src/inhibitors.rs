//! Finds the alert that mutes another.

use crate::inhibition::Inhibition;
use std::collections::HashMap;
use watchkeeper_domain::Alert;

/// Inhibitions indexed by their firing source alerts, for looking up what mutes an alert.
///
/// A silenced alert still mutes others: the condition that it reports still holds.
#[derive(Debug)]
pub(crate) struct Inhibitors<'a>(Vec<Inhibitor<'a>>);

/// One inhibition with its firing source alerts.
#[derive(Debug)]
struct Inhibitor<'a> {
    inhibition: &'a Inhibition,
    /// By the values of the fields that must be equal.
    sources: HashMap<Vec<&'a str>, Sources<'a>>,
}

/// The source alerts of an inhibition with equal values: of each kind the first by rule and series, so that the
/// result does not depend on the order of the alerts.
#[derive(Debug, Default)]
struct Sources<'a> {
    /// One that the inhibition does not mute itself.
    pure: Option<&'a Alert>,
    /// One that it mutes.
    target: Option<&'a Alert>,
}

impl<'a> Inhibitors<'a> {
    /// The inhibitions with their sources among `alerts`.
    pub(crate) fn new(inhibitions: &'a [Inhibition], alerts: &'a [Alert]) -> Self {
        Self(inhibitions.iter().map(|inhibition| Inhibitor::new(inhibition, alerts)).collect())
    }

    /// An alert that mutes `alert`, of the first inhibition that applies.
    pub(crate) fn of(&self, alert: &Alert) -> Option<&'a Alert> {
        self.0.iter().find_map(|inhibitor| inhibitor.of(alert))
    }
}

impl<'a> Inhibitor<'a> {
    fn new(inhibition: &'a Inhibition, alerts: &'a [Alert]) -> Self {
        let mut sources: HashMap<_, Sources<'a>> = HashMap::new();
        for alert in alerts.iter().filter(|alert| alert.is_firing() && inhibition.is_source(alert)) {
            let Some(values) = inhibition.values(alert) else { continue };
            let sources = sources.entry(values).or_default();
            let kind = if inhibition.is_target(alert) { &mut sources.target } else { &mut sources.pure };
            let identity = |alert: &'a Alert| (&alert.rule, alert.series.key());
            if kind.is_none_or(|first| identity(alert) < identity(first)) {
                *kind = Some(alert);
            }
        }
        Self { inhibition, sources }
    }

    /// An alert that is both source and target is muted only by one that is not a target: otherwise two such alerts
    /// would mute each other, and each itself.
    fn of(&self, alert: &Alert) -> Option<&'a Alert> {
        if self.sources.is_empty() || !self.inhibition.is_target(alert) {
            return None;
        }
        let Sources { pure, target } = self.sources.get(&self.inhibition.values(alert)?)?;
        pure.or(target.filter(|_| !self.inhibition.is_source(alert)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Matchers, Series, Severity, Timestamp};

    fn alert(rule: &str, severity: Severity, labels: &[(&str, &str)]) -> Alert {
        Alert {
            rule: rule.into(),
            series: Arc::new(Series::new("host", "up", "", labels).unwrap()),
            severity,
            fired_at: Timestamp::MIN,
            cleared_at: None,
            value: None,
            reason: "is away".into(),
            acknowledged: None,
        }
    }

    fn inhibition(when: &str, mute: &str, equal: &[&str]) -> Inhibition {
        let matchers = |text: &str| Matchers::new(vec![text.parse().unwrap()]).unwrap();
        let equal = equal.iter().map(|&field| field.to_owned()).collect();
        Inhibition { when: matchers(when), mute: matchers(mute), equal }
    }

    /// By which of the alerts each is muted.
    fn muted_by(alerts: &[Alert], inhibition: Inhibition) -> Vec<Option<usize>> {
        let inhibitions = [inhibition];
        let inhibitors = Inhibitors::new(&inhibitions, alerts);
        let index = |by: &Alert| alerts.iter().position(|alert| alert == by).unwrap();
        alerts.iter().map(|alert| inhibitors.of(alert).map(index)).collect()
    }

    #[test]
    fn an_alert_mutes_those_with_equal_fields_while_it_fires() {
        let rule = || inhibition(r#"rule="host_down""#, r#"severity="warning""#, &["host"]);
        let mut alerts = [
            alert("host_down", Severity::Critical, &[("host", "a")]),
            alert("disk_full", Severity::Warning, &[("host", "a")]),
            alert("disk_full", Severity::Warning, &[("host", "b")]),
            alert("disk_lost", Severity::Critical, &[("host", "a")]),
        ];
        assert_eq!(muted_by(&alerts, rule()), [None, Some(0), None, None]);
        alerts[0].cleared_at = Some(Timestamp::MIN);
        assert_eq!(muted_by(&alerts, rule()), [None; 4]);
    }

    #[test]
    fn a_field_that_one_or_neither_has_is_not_equal() {
        let (bare, empty, named): (&[_], &[_], &[_]) = (&[], &[("host", "")], &[("host", "a")]);
        for (one, other) in [(bare, bare), (bare, empty), (empty, empty), (named, bare), (bare, named)] {
            let alerts = [alert("a", Severity::Info, one), alert("b", Severity::Info, other)];
            assert_eq!(muted_by(&alerts, inhibition("rule=a", "rule=b", &["host"])), [None, None]);
        }
        let alerts = [alert("a", Severity::Info, named), alert("b", Severity::Info, named)];
        assert_eq!(muted_by(&alerts, inhibition("rule=a", "rule=b", &["host"])), [None, Some(0)]);
    }

    #[test]
    fn no_alert_mutes_itself_nor_do_two_mute_each_other() {
        let rule = || inhibition(r#"rule=~"a|b""#, r#"severity="warning""#, &[]);
        let mut alerts = [alert("a", Severity::Warning, &[]), alert("b", Severity::Warning, &[])];
        assert_eq!(muted_by(&alerts, rule()), [None, None]);
        alerts[0].severity = Severity::Critical;
        assert_eq!(muted_by(&alerts, rule()), [None, Some(0)]);
    }

    #[test]
    fn the_same_alert_is_named_whatever_the_order() {
        let rule = || inhibition(r#"severity="critical""#, "rule=slow", &[]);
        let mut alerts = [
            alert("b", Severity::Critical, &[]),
            alert("a", Severity::Critical, &[("host", "b")]),
            alert("a", Severity::Critical, &[("host", "a")]),
            alert("slow", Severity::Warning, &[]),
        ];
        assert_eq!(muted_by(&alerts, rule()), [None, None, None, Some(2)]);
        alerts.reverse();
        assert_eq!(muted_by(&alerts, rule()), [Some(1), None, None, None]);
    }

    #[test]
    fn of_several_inhibitions_the_first_that_applies_names_the_alert() {
        let alerts = [alert("a", Severity::Critical, &[]), alert("b", Severity::Critical, &[])];
        let slow = alert("slow", Severity::Warning, &[]);
        let mutes_slow = |when| inhibition(when, "rule=slow", &[]);
        let of = |inhibitions: &[Inhibition]| {
            let inhibitors = Inhibitors::new(inhibitions, &alerts);
            inhibitors.of(&slow).map(|found| found.rule.clone())
        };
        assert_eq!(of(&[mutes_slow("rule=b"), mutes_slow("rule=a")]).as_deref(), Some("b"));
        assert_eq!(of(&[mutes_slow("rule=c"), mutes_slow("rule=a")]).as_deref(), Some("a"));
    }
}
