//! TLS handshakes.

use super::address::Address;
use super::certificate::{Expiry, Seen};
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
        let judge = judge.map_err(CollectError::Unreachable)?;
        let attempt = async {
            let Ok(name) = ServerName::try_from(address.host().to_owned()) else {
                return Ok(Err("the host is not a name that a certificate can have".to_owned()));
            };
            let stream = match self.connect(address).await? {
                Ok(stream) => stream,
                Err(reason) => return Ok(Err(reason)),
            };
            let shaken = connector(&judge)?.connect(name, stream).await;
            Ok(shaken.map(drop).map_err(|error| why(&error, &judge)))
        };
        let result = self.in_time(attempt).await?;
        Ok(Handshake { result, expiry: Seen::by(&judge).map(|seen| seen.expiry) })
    }
}

/// Why a handshake failed.
fn why(error: &io::Error, judge: &Judge) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => failure::of_tls(error, Seen::by(judge).is_some_and(|seen| seen.is_self_signed)),
        None => failure::of_connection(error),
    }
}

/// A separate connector per handshake: session state of one must not shorten another.
fn connector(judge: &Judge) -> Result<TlsConnector, CollectError> {
    let config = judge.client().map_err(|error| CollectError::Unreachable(error.to_string()))?;
    Ok(TlsConnector::from(Arc::new(config)))
}
