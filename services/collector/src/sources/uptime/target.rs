//! The target of one section.

use super::availability::{Availability, Change};
use super::config::{Check, UptimeConfig};
use super::expiries::{Expiries, ExpiryOfTarget};
use super::failure;
use super::probe::{Finding, Prober, TURN_WITHIN};
use super::sight::{Failing, Verdict};
use crate::readings::Readings;
use crate::target::{CollectError, Target, Timing};
use async_trait::async_trait;
use prometheus::Registry;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Timestamp};

const SOURCE: &str = "uptime";

/// From a probe's timeout to that of the collection: the probe has its result by then.
const GRACE: Duration = Duration::from_secs(1);

/// What all targets share.
pub(crate) struct Uptime {
    prober: Prober,
    expiries: Expiries,
}

impl Uptime {
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self { prober: Prober::new(), expiries: Expiries::register(registry)? })
    }

    /// Finds out, and logs, whether this host can make these probes at all.
    pub(crate) fn prepare(&self, configs: &[Arc<UptimeConfig>]) {
        let needs_icmp = configs.iter().any(|config| matches!(config.check, Check::Icmp(_)));
        self.prober.watch().icmp(needs_icmp);
    }

    pub(crate) fn target(&self, config: &Arc<UptimeConfig>, old_names: bool) -> UptimeTarget {
        let target = UptimeTarget::new(Arc::clone(config), self.prober.clone(), old_names);
        UptimeTarget { expiry: Some(self.expiries.of(&config.name)), ..target }
    }
}

pub(crate) struct UptimeTarget {
    config: Arc<UptimeConfig>,
    name: String,
    prober: Prober,
    availability: Availability,
    readings: Readings,
    failing: Failing,
    /// The metric of its certificate.
    expiry: Option<ExpiryOfTarget>,
    /// Whether the last probe could not be made.
    is_unprobed: bool,
}

impl UptimeTarget {
    pub(super) fn new(config: impl Into<Arc<UptimeConfig>>, prober: Prober, old_names: bool) -> Self {
        let config = config.into();
        Self {
            name: config.target(),
            prober,
            availability: Availability::new(config.thresholds),
            readings: Readings::new(SOURCE, vec![("target", config.name.clone())])
                .with_old_names(old_names)
                .with_labels(&config.labels),
            failing: Failing::default(),
            expiry: None,
            is_unprobed: false,
            config,
        }
    }

    /// The samples of a probe.
    ///
    /// # Errors
    /// The probe could not be made, or failed for a reason of this host.
    pub(super) fn collected(
        &mut self,
        probed: Result<Finding, CollectError>,
        begun: Timestamp,
    ) -> Result<Vec<Sample>, CollectError> {
        let judged = probed.and_then(|finding| self.judged(finding));
        self.is_unprobed = matches!(judged, Err(CollectError::CannotProbe(_)));
        let finding = judged?;
        self.note(&finding);
        let mut samples = self.samples(&finding, begun);
        samples.extend(self.prober.watch().samples(begun));
        Ok(samples)
    }

    fn judged(&mut self, finding: Finding) -> Result<Finding, CollectError> {
        let verdict = self.prober.watch().judge(&finding.evidence, &mut self.failing);
        match (verdict, finding.failure) {
            (Verdict::Unknown, Some(reason)) => Err(CollectError::CannotProbe(reason)),
            (_, failure) => Ok(Finding { failure, ..finding }),
        }
    }

    /// Logs when the target goes down, with the reason, and when it comes up.
    fn note(&mut self, finding: &Finding) {
        let target_name = self.name.as_str();
        let change = self.availability.found(finding.failure.is_none());
        match (change, &finding.failure) {
            (Some(Change::WentDown), Some(reason)) => {
                tracing::warn!(target_name, error = reason, "target is down");
            }
            (Some(Change::CameUp), _) => tracing::info!(target_name, "target is up"),
            (_, Some(reason)) => tracing::debug!(target_name, error = reason, "probe failed"),
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
        if let Some(percent) = finding.loss {
            self.readings.add("packet_loss_percent", "percent", &[], percent);
        }
        if let Some(expiry) = finding.domain {
            self.readings.add("domain_expires_in_days", "days", &[], expiry.in_days(now));
        }
        if let Some(expiry) = finding.expiry {
            let why = finding.failure.as_deref().filter(|reason| failure::is_about_certificate(reason));
            self.readings.add_with_note("certificate_expires_in_days", "days", expiry.in_days(now), why);
            if let Some(shown) = &self.expiry {
                shown.show(expiry);
            }
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
        self.availability.percent().filter(|_| !self.is_unprobed).map(|percent| percent > 0.0)
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        let begun = Timestamp::now();
        let probed = self.prober.probe(&self.config.check, self.config.timing.timeout()).await;
        self.collected(probed, begun)
    }

    fn failed(&mut self, _error: &CollectError) -> Vec<Sample> {
        self.prober.watch().samples(Timestamp::now())
    }
}
