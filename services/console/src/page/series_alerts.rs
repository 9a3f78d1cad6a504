//! Alerts and rules on the series page.

use super::alert_row::AlertRow;
use super::listed::Listed;
use crate::gather::Alerts;
use crate::links;
use watchkeeper_domain::{Series, Timestamp};
use watchkeeper_rules::{Rule, RuleSet};

/// Maximum number of alerts, and of rules, shown.
const SHOWN: usize = 20;

pub(super) struct SeriesAlerts {
    /// Firing ones first.
    pub(super) alerts: Listed<AlertRow>,
    /// The rules that match the series, in configuration order.
    pub(super) rules: Listed<Watching>,
}

/// A rule that matches the series.
pub(super) struct Watching {
    pub(super) name: String,
    /// The page that explains it.
    pub(super) link: String,
    /// When it fires: `below 50 for 2m`.
    pub(super) when: String,
}

impl SeriesAlerts {
    pub(super) fn new(alerts: &Alerts, rules: &RuleSet, series: &Series, now: Timestamp) -> Self {
        let alerts: Vec<_> = alerts.for_series(series).collect();
        let rules: Vec<_> = rules.rules().iter().filter(|rule| rule.matches(series)).collect();
        Self {
            alerts: Listed::first(alerts.into_iter(), SHOWN, |alert| AlertRow::new(alert, now)),
            rules: Listed::first(rules.into_iter(), SHOWN, Watching::new),
        }
    }
}

impl Watching {
    fn new(rule: &Rule) -> Self {
        Self { name: rule.name.clone(), link: links::rule(&rule.name), when: rule.when() }
    }
}
