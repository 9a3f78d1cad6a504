//! The metric of certificates, for an alert of Prometheus.

use super::certificate::Expiry;
use prometheus::{GaugeVec, Opts, Registry};
use watchkeeper_runtime::telemetry::register;

/// When the certificate of each target expires.
#[derive(Clone)]
pub(super) struct Expiries(GaugeVec);

impl Expiries {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let opts = Opts::new(
            "watchkeeper_collector_certificate_expiry_timestamp_seconds",
            "Unix time at which the certificate that the target showed last expires, by target.",
        );
        register(registry, GaugeVec::new(opts, &["target"])?).map(Self)
    }

    pub(super) fn of(&self, target: &str) -> ExpiryOfTarget {
        ExpiryOfTarget { all: self.0.clone(), target: target.to_owned() }
    }
}

/// That of one target; gone once the target is dropped.
pub(super) struct ExpiryOfTarget {
    all: GaugeVec,
    target: String,
}

impl ExpiryOfTarget {
    pub(super) fn show(&self, expiry: Expiry) {
        self.all.with_label_values(&[&self.target]).set(expiry.as_unix_seconds());
    }
}

impl Drop for ExpiryOfTarget {
    fn drop(&mut self) {
        // An error says that the target has shown no certificate.
        let _ = self.all.remove_label_values(&[&self.target]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::core::Collector as _;
    use watchkeeper_domain::Timestamp;

    #[test]
    fn a_certificate_is_shown_as_long_as_its_target_is_configured() {
        let expiries = Expiries::register(&Registry::new()).unwrap();
        let shown = || expiries.0.collect()[0].get_metric().len();
        let (shop, other) = (expiries.of("shop"), expiries.of("other"));
        assert_eq!(shown(), 0, "nothing is known yet");
        let at: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        shop.show(Expiry::at(at));
        let seconds = expiries.0.with_label_values(&["shop"]).get();
        assert!((seconds - at.as_secs_f64()).abs() < 1e-3, "{seconds}");
        drop(other);
        assert_eq!(shown(), 1);
        drop(shop);
        assert_eq!(shown(), 0);
    }
}
