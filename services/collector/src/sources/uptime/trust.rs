//! Trusted issuers of certificates.

use crate::target::CollectError;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use ureq::tls::{Certificate, RootCerts};
use watchkeeper_config::Section;

/// Longest file of certificates, in bytes.
const MAX_CA_BYTES: u64 = 1024 * 1024;
/// Longest path of a file, in bytes (`PATH_MAX` of Linux).
const MAX_PATH_BYTES: usize = 4096;

/// The trusted certificate authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that browsers trust, as of the build of this program.
    Web,
    /// Those in a PEM file, which is read with each probe: changes take effect at once.
    File(PathBuf),
}

/// Their certificates, for both verifiers.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    pub(super) for_http: RootCerts,
    pub(super) for_tls: Arc<RootCertStore>,
}

impl Trust {
    /// Reads the key `ca_file`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        match section.optional_text("ca_file", MAX_PATH_BYTES).map(PathBuf::from) {
            None => Self::Web,
            Some(path) if path.is_absolute() => Self::File(path),
            Some(_) => {
                section.refuse("ca_file", "must be a path that begins with /");
                Self::Web
            }
        }
    }

    /// The certificates. May block.
    pub(super) fn roots(&self) -> Result<Roots, CollectError> {
        static WEB: LazyLock<Arc<RootCertStore>> =
            LazyLock::new(|| Arc::new(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()));
        match self {
            Self::Web => Ok(Roots { for_http: RootCerts::WebPki, for_tls: Arc::clone(&WEB) }),
            Self::File(path) => Roots::of_file(path).map_err(|reason| {
                CollectError::Unreachable(format!("cannot use ca_file {}: {reason}", path.display()))
            }),
        }
    }
}

impl Roots {
    fn of_file(path: &Path) -> Result<Self, String> {
        let mut pem = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(MAX_CA_BYTES + 1).read_to_end(&mut pem).map_err(|error| error.to_string())?;
        if pem.len() as u64 > MAX_CA_BYTES {
            return Err(format!("it has more than {MAX_CA_BYTES} bytes"));
        }
        let mut for_tls = RootCertStore::empty();
        let mut for_http = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            for_http.push(Certificate::from_der(&certificate).to_owned());
            for_tls.add(certificate).map_err(|error| error.to_string())?;
        }
        if for_http.is_empty() {
            return Err("it has no PEM certificate".to_owned());
        }
        Ok(Self { for_http: RootCerts::new_with_certs(&for_http), for_tls: Arc::new(for_tls) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn refused(pem: &[u8]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        fs::write(&path, pem).unwrap();
        Roots::of_file(&path).unwrap_err()
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_the_reason() {
        let missing = Trust::File("/no/such/file".into()).roots().unwrap_err().to_string();
        assert!(
            missing.starts_with("not reachable: cannot use ca_file /no/such/file: No such file"),
            "{missing}"
        );
        assert_eq!(refused(b"no PEM"), "it has no PEM certificate");
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(!refused(cut).is_empty());
        let long = vec![b'x'; usize::try_from(MAX_CA_BYTES).unwrap() + 1];
        assert_eq!(refused(&long), "it has more than 1048576 bytes");
    }
}
