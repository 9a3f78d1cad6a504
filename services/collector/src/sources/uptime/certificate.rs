//! Expiry of server certificates, valid or not, and of registrations.

use super::failure;
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::Judge;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// The end of the validity of a certificate, or of the registration of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expiry {
    unix_seconds: u64,
}

impl Expiry {
    /// At this instant.
    pub(super) fn at(instant: Timestamp) -> Self {
        let seconds = instant.since(Timestamp::MIN).as_secs();
        Self { unix_seconds: seconds }
    }

    /// How long it has been over: `2 days`; `None` before.
    pub(super) fn ago(self, now: Timestamp) -> Option<String> {
        let now = Self::at(now).unix_seconds;
        (now >= self.unix_seconds).then(|| failure::span(now - self.unix_seconds))
    }

    /// Days from `now` until then; negative once it has passed.
    pub(super) fn in_days(self, now: Timestamp) -> f64 {
        (self.as_unix_seconds() - now.as_secs_f64()) / 86_400.0
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds up to the year 9999 are exact")]
    pub(super) fn as_unix_seconds(self) -> f64 {
        self.unix_seconds as f64
    }
}

/// What a certificate says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) expiry: Expiry,
    /// Whether the server issued it itself.
    pub(super) is_self_signed: bool,
}

impl Seen {
    /// The first certificate that `judge` has seen; `None` if there was none, or it is invalid.
    pub(super) fn by(judge: &Judge) -> Option<Self> {
        Self::of(judge.presented()?)
    }

    /// From a certificate in DER; `None` if it is invalid.
    fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let certificate = certificate.tbs_certificate();
        let unix_seconds = certificate.validity().not_after.to_unix_duration().as_secs();
        let is_self_signed = certificate.issuer() == certificate.subject();
        Some(Self { expiry: Expiry { unix_seconds }, is_self_signed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    #[test]
    fn days_are_counted_to_the_end_of_validity_and_past_it() {
        let mut params = CertificateParams::new(vec!["example.test".to_owned()]).unwrap();
        params.not_after = date_time_ymd(2026, 12, 20);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let expiry = Seen::of(certificate.der()).unwrap().expiry;
        let days_at = |now: &str| expiry.in_days(now.parse().unwrap());
        assert!((days_at("2026-11-20T00:00:00Z") - 30.0).abs() < 1e-6);
        assert!((days_at("2026-12-21T12:00:00Z") + 1.5).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_passed_over(bytes: Vec<u8>) {
            prop_assert!(Seen::of(&bytes).is_none());
        }
    }
}
