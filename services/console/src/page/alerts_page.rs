//! The alerts page.

mod firing;
mod notifications;
mod rules;
mod silences;

use super::Part;
use super::alert_line::AlertLine;
use super::alert_row::AlertRow;
use super::listed::Listed;
use super::shell::Shell;
use crate::gather::{Alerting, Alerts};
use askama::Template;
use firing::FiringPart;
use notifications::{NotificationsPart, StateText};
use rules::RulesPart;
use silences::SilencesPart;
use std::collections::BTreeMap;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::Answer;
use watchkeeper_rules::{RuleSet, Unmatched};

/// Maximum number of cleared alerts shown.
const SHOWN_CLEARED: usize = 20;

/// The page at `/alerts`.
#[derive(Template)]
#[template(path = "alerts.html", whitespace = "minimize")]
pub(crate) struct AlertsPage {
    shell: Shell,
    line: Option<AlertLine>,
    firing: Part<FiringPart>,
    cleared: Part<Listed<AlertRow>>,
    silences: Part<SilencesPart>,
    notifications: Part<NotificationsPart>,
    rules: RulesPart,
}

impl AlertsPage {
    /// The page at the instant `now`, with the number of firing alerts by rule.
    pub(crate) fn new(
        shell: Shell,
        rules: &RuleSet,
        alerting: Alerting,
        firing_by_rule: &Answer<BTreeMap<String, u64>>,
        unmatched: &Unmatched,
        now: Timestamp,
    ) -> Self {
        let line = AlertLine::of(&alerting, now);
        let Alerting { alerts, silences, outbox } = alerting;
        Self {
            shell,
            line,
            rules: RulesPart::new(rules, firing_by_rule.as_ref().ok(), unmatched),
            cleared: alerts.as_ref().map(|alerts| cleared(alerts, now)).map_err(Clone::clone),
            firing: alerts.map(|alerts| FiringPart::new(&alerts, silences.as_ref(), rules, now)),
            silences: silences.map(|silences| SilencesPart::new(&silences, unmatched, now)),
            notifications: outbox.map(|outbox| NotificationsPart::new(&outbox, now)),
        }
    }
}

fn cleared(alerts: &Alerts, now: Timestamp) -> Listed<AlertRow> {
    Listed::first(alerts.cleared.iter(), SHOWN_CLEARED, |alert| AlertRow::new(alert, now))
}
