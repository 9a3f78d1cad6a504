//! Which alerts are not told: those that a silence covers, and those that another alert inhibits.

use crate::inhibition::Inhibition;
use crate::inhibitors::Inhibitors;
use watchkeeper_domain::{Alert, Silence, Timestamp};

/// What mutes alerts at one instant: the one rule for whoever notifies, lists or shows alerts.
#[derive(Debug)]
pub struct Muting<'a> {
    now: Timestamp,
    silences: Vec<&'a Silence>,
    inhibitors: Inhibitors<'a>,
}

impl<'a> Muting<'a> {
    /// What mutes alerts at `now`: those of `silences` that are active, and those of `alerts` that fire for one of the
    /// inhibitions.
    pub fn new(
        now: Timestamp,
        alerts: &'a [Alert],
        silences: &'a [Silence],
        inhibitions: &'a [Inhibition],
    ) -> Self {
        let silences = silences.iter().filter(|silence| silence.is_active(now)).collect();
        Self { now, silences, inhibitors: Inhibitors::new(inhibitions, alerts) }
    }

    /// The silences that cover `alert`, in the order in which they were given.
    pub fn silences_of(&self, alert: &Alert) -> impl Iterator<Item = &'a Silence> {
        self.silences.iter().copied().filter(|silence| silence.covers(alert, self.now))
    }

    /// An alert because of which nobody is told of `alert`: of several, the first by rule and series.
    pub fn inhibitor_of(&self, alert: &Alert) -> Option<&'a Alert> {
        self.inhibitors.of(alert)
    }

    /// Whether nobody is to be told of `alert`.
    pub fn mutes(&self, alert: &Alert) -> bool {
        self.silences_of(alert).next().is_some() || self.inhibitor_of(alert).is_some()
    }
}
