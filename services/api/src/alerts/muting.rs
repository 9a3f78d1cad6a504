//! What keeps alerts from being told.

use super::MAX_ALERTS;
use super::walk::each_alert;
use crate::silences::MAX_SILENCES;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_ports::{AlertStore, PortError, SilenceStore};
use watchkeeper_rules::{Inhibitors, RuleSet};

/// What keeps alerts from being told at one instant.
pub(crate) struct Muting {
    now: Timestamp,
    silences: Vec<Silence>,
    /// The alerts because of which others are not told, at most [`MAX_ALERTS`].
    pub(super) sources: Vec<Alert>,
    rules: Arc<RuleSet>,
}

impl Muting {
    pub(super) async fn read(
        alerts: &dyn AlertStore,
        silences: &dyn SilenceStore,
        rules: Arc<RuleSet>,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        let silences = silences.ending_after(now, MAX_SILENCES).await?;
        let sources = sources(alerts, &rules).await?;
        Ok(Self { now, silences, sources, rules })
    }

    /// The silences that cover `alert`.
    pub(crate) fn silences_of(&self, alert: &Alert) -> impl Iterator<Item = &Silence> {
        self.silences.iter().filter(|silence| silence.covers(alert, self.now))
    }

    /// Which alerts mute which.
    pub(crate) fn inhibitors(&self) -> Inhibitors<'_> {
        Inhibitors::new(self.rules.inhibitions(), &self.sources)
    }
}

async fn sources(alerts: &dyn AlertStore, rules: &RuleSet) -> Result<Vec<Alert>, PortError> {
    let mut sources = Vec::new();
    if rules.inhibitions().is_empty() {
        return Ok(sources);
    }
    each_alert(alerts, None, |alert| {
        if alert.is_firing() && rules.inhibitions().iter().any(|inhibition| inhibition.is_source(&alert)) {
            sources.push(alert);
        }
        if sources.len() < MAX_ALERTS { Continue(()) } else { Break(()) }
    })
    .await?;
    Ok(sources)
}
