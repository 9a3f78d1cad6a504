//! TLS handshakes.

use super::address::Address;
use super::certificate::{Expiry, Witness};
use super::failure;
use super::probe::Probe;
use super::trust::{Roots, Trust};
use crate::target::CollectError;
use std::io;
use std::sync::{Arc, LazyLock};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How a handshake ended, and what was seen on the way.
pub(super) struct Handshake {
    pub(super) result: Result<(), String>,
    pub(super) expiry: Option<Expiry>,
}

impl Probe {
    /// Connects and performs the handshake. An invalid certificate is recorded all the same.
    pub(super) async fn handshake(
        &self,
        address: &Address,
        trust: &Trust,
    ) -> Result<Handshake, CollectError> {
        let Roots { for_tls, .. } = self.roots(trust).await?;
        let witness = Arc::new(Witness::new(verifier(for_tls)?));
        let attempt = async {
            let Ok(name) = ServerName::try_from(address.host().to_owned()) else {
                return Ok(Err("the host is not a name that a certificate can have".to_owned()));
            };
            let stream = match self.connect(address).await? {
                Ok(stream) => stream,
                Err(reason) => return Ok(Err(reason)),
            };
            let shaken = connector(&witness)?.connect(name, stream).await;
            Ok(shaken.map(drop).map_err(|error| why(&error, &witness)))
        };
        let result = self.in_time(attempt).await?;
        Ok(Handshake { result, expiry: witness.expiry() })
    }

    async fn roots(&self, trust: &Trust) -> Result<Roots, CollectError> {
        match trust {
            Trust::Web => trust.roots(),
            Trust::File(_) => {
                let trust = trust.clone();
                self.turn.clone().run(move || trust.roots()).await?
            }
        }
    }
}

/// Why a handshake failed.
fn why(error: &io::Error, witness: &Witness) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => failure::of_tls(error, witness.has_seen_self_signed()),
        None => failure::of_connection(error),
    }
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(ring::default_provider()));
    Arc::clone(&PROVIDER)
}

fn verifier(roots: Arc<RootCertStore>) -> Result<Arc<WebPkiServerVerifier>, CollectError> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider()).build();
    verifier.map_err(|error| CollectError::Unreachable(error.to_string()))
}

/// A separate connector per handshake: session state of one must not shorten another.
fn connector(witness: &Arc<Witness>) -> Result<TlsConnector, CollectError> {
    let versions = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| CollectError::Unreachable(error.to_string()))?;
    let verified = versions.dangerous().with_custom_certificate_verifier(Arc::clone(witness) as _);
    Ok(TlsConnector::from(Arc::new(verified.with_no_client_auth())))
}
