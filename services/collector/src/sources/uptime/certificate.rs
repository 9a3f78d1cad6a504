//! Expiry of server certificates, valid or not.

use std::sync::OnceLock;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{DigitallySignedStruct, Error, SignatureScheme};
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::Judge;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// The end of a certificate's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expiry {
    unix_seconds: u64,
}

impl Expiry {
    /// Days from `now` until then; negative once it has passed.
    #[expect(clippy::cast_precision_loss, reason = "seconds up to the year 9999 are exact")]
    pub(super) fn in_days(self, now: Timestamp) -> f64 {
        (self.unix_seconds as f64 - now.as_secs_f64()) / 86_400.0
    }
}

/// Verifies certificates as usual, and records what the server's certificate says.
#[derive(Debug)]
pub(super) struct Witness {
    judge: Judge,
    seen: OnceLock<Option<Seen>>,
}

/// What a certificate says.
#[derive(Clone, Copy, Debug)]
struct Seen {
    expiry: Expiry,
    is_self_signed: bool,
}

impl Seen {
    /// From a certificate in DER; `None` if it is invalid.
    fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(certificate).ok()?;
        let certificate = certificate.tbs_certificate();
        let unix_seconds = certificate.validity().not_after.to_unix_duration().as_secs();
        let is_self_signed = certificate.issuer() == certificate.subject();
        Some(Self { expiry: Expiry { unix_seconds }, is_self_signed })
    }
}

impl Witness {
    pub(super) fn new(judge: Judge) -> Self {
        Self { judge, seen: OnceLock::new() }
    }

    /// Of the verified certificate, if there was one.
    pub(super) fn expiry(&self) -> Option<Expiry> {
        self.seen.get().copied().flatten().map(|seen| seen.expiry)
    }

    /// Whether the server presented a certificate that it issued itself.
    pub(super) fn has_seen_self_signed(&self) -> bool {
        self.seen.get().copied().flatten().is_some_and(|seen| seen.is_self_signed)
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.seen.get_or_init(|| Seen::of(end_entity));
        self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
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
