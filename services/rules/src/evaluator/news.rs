//! Alerts that have begun to fire or have cleared.

use crate::phase::Turn;
use std::collections::BTreeMap;
use std::sync::Arc;
use watchkeeper_domain::{Alert, Series, Severity};
use watchkeeper_ports::AlertKey;

/// Alerts not drained yet, each in its current state.
#[derive(Debug, Default)]
pub(super) struct News {
    alerts: BTreeMap<AlertKey, Alert>,
    /// Those that had cleared when they fired again.
    past: Vec<Alert>,
}

/// A change of an alert.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) rule: &'a str,
    pub(super) severity: Severity,
    pub(super) series: Series,
    pub(super) turn: Turn,
    pub(super) value: Option<f64>,
    pub(super) reason: String,
}

impl News {
    pub(super) fn add(&mut self, event: Event<'_>) {
        let (fired_at, cleared_at) = match event.turn {
            Turn::Fires { at } => (at, None),
            Turn::Clears { fired_at, at } => (fired_at, Some(at)),
        };
        let alert = Alert {
            rule: event.rule.to_owned(),
            series: Arc::new(event.series),
            severity: event.severity,
            fired_at,
            cleared_at,
            value: event.value,
            reason: event.reason,
            acknowledged: None,
        };
        let fired_at = alert.fired_at;
        let before = self.alerts.insert(AlertKey::of(&alert), alert);
        self.past.extend(before.filter(|before| !before.is_firing() && before.fired_at != fired_at));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// The alerts, and those that had cleared when they fired again.
    pub(super) fn take(&mut self) -> (Vec<Alert>, Vec<Alert>) {
        let Self { alerts, past } = std::mem::take(self);
        (alerts.into_values().collect(), past)
    }
}
