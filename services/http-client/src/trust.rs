//! Which certificates of servers are accepted.

use crate::p521;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// Longest file of certificates, in bytes.
const MAX_CA_BYTES: u64 = 1024 * 1024;
/// Most certificates of a file.
const MAX_CERTIFICATES: usize = 1_000;

/// The certificates that are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that browsers trust, as of the build of this program.
    #[default]
    Web,
    /// Those in a PEM file: authorities, or certificates of servers themselves. Entries that cannot be read are skipped.
    File(PathBuf),
}

impl From<Option<PathBuf>> for Trust {
    fn from(ca_file: Option<PathBuf>) -> Self {
        ca_file.map_or(Self::Web, Self::File)
    }
}

/// Verifies certificates as OpenSSL does with a `CAfile` and partial chains: a certificate in the file is trusted
/// whether it is an authority, an intermediate, or that of the server itself.
///
/// Remembers the first certificate that a server presents; clones share it.
#[derive(Clone, Debug)]
pub struct Judge {
    chains: Arc<WebPkiServerVerifier>,
    trusted: Arc<[CertificateDer<'static>]>,
    presented: Arc<OnceLock<CertificateDer<'static>>>,
}

impl Trust {
    /// Reads the certificates. May block.
    ///
    /// # Errors
    /// `cannot use ca_file PATH: REASON`.
    pub fn judge(&self) -> Result<Judge, String> {
        static WEB: LazyLock<Judge> = LazyLock::new(|| {
            let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
            Judge::new(roots, Vec::new()).expect("there are web roots")
        });
        match self {
            Self::Web => Ok(Judge { presented: Arc::default(), ..WEB.clone() }),
            Self::File(path) => Judge::of_file(path)
                .map_err(|reason| format!("cannot use ca_file {}: {reason}", path.display())),
        }
    }
}

impl Judge {
    fn new(roots: RootCertStore, trusted: Vec<CertificateDer<'static>>) -> Result<Self, String> {
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
        let chains = chains.map_err(|error| error.to_string())?;
        Ok(Self { chains, trusted: trusted.into(), presented: Arc::default() })
    }

    fn of_file(path: &Path) -> Result<Self, String> {
        let mut pem = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(MAX_CA_BYTES + 1).read_to_end(&mut pem).map_err(|error| error.to_string())?;
        if pem.len() as u64 > MAX_CA_BYTES {
            return Err(format!("it has more than {MAX_CA_BYTES} bytes"));
        }
        let mut roots = RootCertStore::empty();
        let (mut trusted, mut unreadable) = (Vec::new(), None);
        for (number, certificate) in CertificateDer::pem_slice_iter(&pem).enumerate() {
            if number == MAX_CERTIFICATES {
                return Err(format!("it has more than {MAX_CERTIFICATES} certificates"));
            }
            let added = certificate.map_err(|error| error.to_string()).and_then(|certificate| {
                roots.add(certificate.clone()).map_err(|error| error.to_string())?;
                trusted.push(certificate);
                Ok(())
            });
            if let Err(reason) = added {
                tracing::debug!(path = %path.display(), error = reason, "skipped a certificate of ca_file");
                unreadable = Some(reason);
            }
        }
        if trusted.is_empty() {
            return Err(unreadable.unwrap_or_else(|| "it has no PEM certificate".to_owned()));
        }
        Self::new(roots, trusted)
    }

    /// The configuration of a client whose servers it judges.
    ///
    /// # Errors
    /// None with the versions of TLS that this program is built with.
    pub fn client(&self) -> Result<ClientConfig, Error> {
        let versions =
            ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
        let verified = versions.dangerous().with_custom_certificate_verifier(Arc::new(self.clone()));
        Ok(verified.with_no_client_auth())
    }

    /// The first certificate that a server presented, accepted or not; in DER, which may be invalid.
    pub fn presented(&self) -> Option<&[u8]> {
        self.presented.get().map(AsRef::as_ref)
    }

    /// The certificate of the server is itself in the file: only its name and its dates are left to check.
    fn is_itself_trusted(&self, certificate: &CertificateDer<'_>) -> bool {
        self.trusted.iter().any(|trusted| trusted.as_ref() == certificate.as_ref())
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.presented.get_or_init(|| end_entity.clone().into_owned());
        if self.is_itself_trusted(end_entity) {
            verify_dates(end_entity, now)?;
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.chains.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

fn verify_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let parsed = Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding)?;
    let validity = parsed.tbs_certificate().validity();
    let not_before = UnixTime::since_unix_epoch(validity.not_before.to_unix_duration());
    let not_after = UnixTime::since_unix_epoch(validity.not_after.to_unix_duration());
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before }.into());
    }
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after }.into());
    }
    Ok(())
}

/// *ring*, and the curve that it lacks.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(p521::added_to(tokio_rustls::rustls::crypto::ring::default_provider())));
    Arc::clone(&PROVIDER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
    use std::fs;
    use std::time::Duration;

    const NOW: u64 = 1_795_000_000;

    fn of_pem(pem: &str) -> Result<Judge, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        fs::write(&path, pem).unwrap();
        Judge::of_file(&path)
    }

    fn self_signed(authority: bool, from: i32, to: i32) -> rcgen::Certificate {
        let mut params = CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
        params.is_ca = if authority { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    fn verified(judge: &Judge, certificate: &rcgen::Certificate, name: &str) -> Result<(), Error> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        judge.verify_server_cert(certificate.der(), &[], &name, &[], now).map(drop)
    }

    #[test]
    fn a_self_signed_certificate_that_is_its_own_ca_file_is_trusted_for_its_name_and_dates() {
        for authority in [true, false] {
            let certificate = self_signed(authority, 2026, 2036);
            let judge = of_pem(&certificate.pem()).unwrap();
            assert_eq!(verified(&judge, &certificate, "shop.test"), Ok(()));
            assert!(verified(&judge, &certificate, "other.test").is_err());
            assert!(verified(&judge, &self_signed(authority, 2026, 2036), "shop.test").is_err());
        }
        for (from, to, reason) in
            [(2020, 2021, "certificate expired"), (2030, 2031, "certificate not valid yet")]
        {
            let certificate = self_signed(true, from, to);
            let judge = of_pem(&certificate.pem()).unwrap();
            let error = verified(&judge, &certificate, "shop.test").unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_bad_certificate_of_a_file_does_not_cost_the_others() {
        let certificate = self_signed(true, 2026, 2036);
        let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [format!("{bad}{}", certificate.pem()), format!("{}{bad}", certificate.pem())] {
            assert_eq!(verified(&of_pem(&pem).unwrap(), &certificate, "shop.test"), Ok(()));
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_the_reason() {
        let missing = Trust::File("/no/such/file".into()).judge().unwrap_err();
        assert!(missing.starts_with("cannot use ca_file /no/such/file: No such file"), "{missing}");
        assert_eq!(of_pem("no PEM").unwrap_err(), "it has no PEM certificate");
        assert!(of_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
        let long = "x".repeat(usize::try_from(MAX_CA_BYTES).unwrap() + 1);
        assert_eq!(of_pem(&long).unwrap_err(), "it has more than 1048576 bytes");
        let many =
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".repeat(MAX_CERTIFICATES + 1);
        assert_eq!(of_pem(&many).unwrap_err(), "it has more than 1000 certificates");
    }
}
