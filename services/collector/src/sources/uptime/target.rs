//! The target of one section.

use super::availability::{Availability, Change};
use super::config::UptimeConfig;
use super::failure;
use super::probe::{Finding, Prober, TURN_WITHIN};
use crate::readings::Readings;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

const SOURCE: &str = "uptime";

/// From a probe's timeout to that of the collection: the probe has its result by then.
const GRACE: Duration = Duration::from_secs(1);

/// The targets of all sections.
pub(crate) fn targets(configs: Vec<UptimeConfig>, old_names: bool) -> impl Iterator<Item = Box<dyn Target>> {
    let prober = Prober::new();
    configs
        .into_iter()
        .map(move |config| Box::new(UptimeTarget::new(config, prober.clone(), old_names)) as Box<dyn Target>)
}

pub(super) struct UptimeTarget {
    config: UptimeConfig,
    name: String,
    prober: Prober,
    availability: Availability,
    readings: Readings,
}

impl UptimeTarget {
    pub(super) fn new(config: UptimeConfig, prober: Prober, old_names: bool) -> Self {
        Self {
            name: config.target(),
            prober,
            availability: Availability::new(config.thresholds),
            readings: Readings::new(SOURCE, vec![("target", config.name.clone())]).with_old_names(old_names),
            config,
        }
    }

    /// Logs when the target goes down, with the reason, and when it comes up.
    fn note(&mut self, finding: &Finding) {
        let target_name = self.name.as_str();
        let change = self.availability.found(finding.failure.is_none());
        match (change, &finding.failure) {
            (Some(Change::WentDown), Some(reason)) => tracing::warn!(target_name, reason, "target is down"),
            (Some(Change::CameUp), _) => tracing::info!(target_name, "target is up"),
            (_, Some(reason)) => tracing::debug!(target_name, reason, "probe failed"),
            (_, None) => {}
        }
    }

    fn samples(&mut self, finding: &Finding, now: Timestamp) -> Vec<Sample> {
        self.readings.begin(now);
        if let Some(percent) = self.availability.percent() {
            // While it still counts as up, a probe that failed is no reason for the value.
            let why = finding.failure.as_deref().filter(|_| percent == 0.0);
            self.readings.add_with_note("availability_percent", "percent", percent, why);
        }
        if let Some(latency) = finding.latency {
            self.readings.add("latency_seconds", "seconds", &[], latency.as_secs_f64());
        }
        if let Some(status) = finding.status {
            self.readings.add("http_status", "", &[], f64::from(status));
        }
        if let Some(expiry) = finding.expiry {
            let why = finding.failure.as_deref().filter(|reason| failure::is_about_certificate(reason));
            self.readings.add_with_note("certificate_expires_in_days", "days", expiry.in_days(now), why);
        }
        self.readings.take()
    }
}

#[async_trait]
impl Target for UptimeTarget {
    fn source(&self) -> &'static str {
        SOURCE
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn timing(&self) -> Timing {
        let timing = self.config.timing;
        Timing::new(timing.interval(), timing.jitter(), TURN_WITHIN + timing.timeout() + GRACE)
    }

    fn is_up(&self) -> Option<bool> {
        self.availability.percent().map(|percent| percent > 0.0)
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let begun = Timestamp::now();
        let finding = self.prober.probe(&self.config.check, self.config.timing.timeout()).await?;
        self.note(&finding);
        Ok(self.samples(&finding, begun))
    }
}
