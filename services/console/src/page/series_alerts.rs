//! What the page of a series says of alerts.

use super::alert_row::AlertRow;
use super::listed::Listed;
use crate::gather::Alerts;
use watchkeeper_domain::{Series, Timestamp};
use watchkeeper_rules::{Rule, RuleSet};

/// Alerts about one series, and rules that watch it, that are shown.
const SHOWN: usize = 20;

/// What the page of a series says of alerts.
pub(super) struct SeriesAlerts {
    /// Those that fire first.
    pub(super) alerts: Listed<AlertRow>,
    /// The rules that are about the series, in the order of the configuration.
    pub(super) rules: Listed<Watching>,
}

/// A rule that is about the series.
pub(super) struct Watching {
    pub(super) name: String,
    /// When it fires: `below 50 for 2m`.
    pub(super) when: String,
}

impl SeriesAlerts {
    pub(super) fn new(alerts: &Alerts, rules: &RuleSet, series: &Series, now: Timestamp) -> Self {
        let alerts: Vec<_> = alerts.about(series).collect();
        let rules: Vec<_> = rules.rules().iter().filter(|rule| rule.matches(series)).collect();
        Self {
            alerts: Listed::first(alerts.into_iter(), SHOWN, |alert| AlertRow::new(alert, now)),
            rules: Listed::first(rules.into_iter(), SHOWN, Watching::new),
        }
    }
}

impl Watching {
    fn new(rule: &Rule) -> Self {
        Self { name: rule.name.clone(), when: rule.when() }
    }
}
