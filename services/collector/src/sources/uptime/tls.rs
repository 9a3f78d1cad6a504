//! TLS handshakes.

use super::address::Address;
use super::certificate::{Expiry, Witness};
use super::failure;
use super::probe::Probe;
use crate::target::CollectError;
use std::io;
use std::sync::Arc;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use watchkeeper_http_client::{Judge, Trust};

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
        let trust = trust.clone();
        let judge = self.turn.clone().run(move || trust.judge()).await?;
        let witness = Arc::new(Witness::new(judge.map_err(CollectError::Unreachable)?));
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
}

/// Why a handshake failed.
fn why(error: &io::Error, witness: &Witness) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => failure::of_tls(error, witness.has_seen_self_signed()),
        None => failure::of_connection(error),
    }
}

/// A separate connector per handshake: session state of one must not shorten another.
fn connector(witness: &Arc<Witness>) -> Result<TlsConnector, CollectError> {
    let config = Judge::client(Arc::clone(witness) as _);
    let config = config.map_err(|error| CollectError::Unreachable(error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config)))
}
