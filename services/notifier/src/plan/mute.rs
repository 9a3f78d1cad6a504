//! Which alerts are not told: those that a silence covers, and those that another alert mutes.

use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_rules::{Inhibition, Inhibitors};

/// What mutes alerts at one instant.
pub(super) struct Muting<'a> {
    now: Timestamp,
    silences: Vec<&'a Silence>,
    inhibitors: Inhibitors<'a>,
}

impl<'a> Muting<'a> {
    pub(super) fn new(
        now: Timestamp,
        alerts: &'a [Alert],
        silences: &'a [Silence],
        inhibitions: &'a [Inhibition],
    ) -> Self {
        let silences = silences.iter().filter(|silence| silence.is_active(now)).collect();
        Self { now, silences, inhibitors: Inhibitors::new(inhibitions, alerts) }
    }

    /// Whether nobody is to be told of `alert`.
    pub(super) fn mutes(&self, alert: &Alert) -> bool {
        self.silences.iter().any(|silence| silence.covers(alert, self.now))
            || self.inhibitors.of(alert).is_some()
    }
}
