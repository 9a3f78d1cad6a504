//! Muted alerts: silenced, or inhibited by another alert.

use crate::inhibition::Inhibition;
use crate::inhibitors::Inhibitors;
use watchkeeper_domain::{Alert, Silence, Timestamp};

/// What mutes alerts at one instant: shared by everything that notifies, lists or shows alerts.
#[derive(Debug)]
pub struct Muting<'a> {
    now: Timestamp,
    silences: Vec<&'a Silence>,
    inhibitors: Inhibitors<'a>,
}

impl<'a> Muting<'a> {
    /// The active ones of `silences` at `now`, and those of `alerts` that are sources of the inhibitions.
    pub fn new(
        now: Timestamp,
        alerts: &'a [Alert],
        silences: &'a [Silence],
        inhibitions: &'a [Inhibition],
    ) -> Self {
        let silences = silences.iter().filter(|silence| silence.is_active(now)).collect();
        Self { now, silences, inhibitors: Inhibitors::new(inhibitions, alerts) }
    }

    /// The silences that match `alert`, in the given order.
    pub fn silences_of(&self, alert: &Alert) -> impl Iterator<Item = &'a Silence> {
        self.silences.iter().copied().filter(|silence| silence.covers(alert, self.now))
    }

    /// An alert that inhibits `alert`: a source of the first inhibition that applies, and of its sources the first by
    /// rule and series.
    pub fn inhibitor_of(&self, alert: &Alert) -> Option<&'a Alert> {
        self.inhibitors.of(alert)
    }

    /// Whether `alert` is muted.
    pub fn mutes(&self, alert: &Alert) -> bool {
        self.silences_of(alert).next().is_some() || self.inhibitor_of(alert).is_some()
    }
}
