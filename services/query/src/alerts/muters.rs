//! What mutes alerts.

use super::MAX_ALERTS;
use super::walk::each_alert;
use crate::silences::unended_silences;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use watchkeeper_domain::{Alert, Silence, Timestamp};
use watchkeeper_ports::{AlertStore, PortError, SilenceStore};
use watchkeeper_rules::{Muting, RuleSet};

/// The silences and inhibiting alerts at one instant. The notifier plans with the same.
pub struct Muters {
    now: Timestamp,
    silences: Vec<Silence>,
    /// Firing alerts that inhibit others, among the first [`MAX_ALERTS`].
    pub(super) sources: Vec<Alert>,
    rules: Arc<RuleSet>,
}

impl Muters {
    pub(super) async fn read(
        alerts: &dyn AlertStore,
        silences: &dyn SilenceStore,
        rules: Arc<RuleSet>,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        let silences = unended_silences(silences, now).await?.all;
        let sources = sources(alerts, &rules).await?;
        Ok(Self { now, silences, sources, rules })
    }

    /// Decides which alerts are muted.
    pub fn muting(&self) -> Muting<'_> {
        Muting::new(self.now, &self.sources, &self.silences, self.rules.inhibitions())
    }
}

async fn sources(alerts: &dyn AlertStore, rules: &RuleSet) -> Result<Vec<Alert>, PortError> {
    let mut sources = Vec::new();
    if rules.inhibitions().is_empty() {
        return Ok(sources);
    }
    let mut read = 0;
    each_alert(alerts, None, |alert| {
        if alert.is_firing() && rules.inhibitions().iter().any(|inhibition| inhibition.is_source(&alert)) {
            sources.push(alert);
        }
        read += 1;
        if read < MAX_ALERTS { Continue(()) } else { Break(()) }
    })
    .await?;
    Ok(sources)
}
