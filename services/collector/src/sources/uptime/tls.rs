//! TLS handshakes.

use super::address::Address;
use super::certificate::{Expiry, Seen};
use super::failure;
use super::probe::Probe;
use crate::target::CollectError;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
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
        let judge = self.judge(trust).await?;
        let attempt = async {
            match self.connect(address).await? {
                Ok(stream) => Ok(self.secured(&judge, address.host(), &[], stream).await?.map(drop)),
                Err(reason) => Ok(Err(reason)),
            }
        };
        let result = self.in_time(attempt).await?;
        Ok(Handshake { result, expiry: Seen::by(&judge).map(|seen| seen.expiry) })
    }

    /// Reads the trusted certificates.
    ///
    /// # Errors
    /// They cannot be read, which says nothing about the target.
    pub(super) async fn judge(&self, trust: &Trust) -> Result<Judge, CollectError> {
        let trust = trust.clone();
        self.turn.clone().run(move || trust.judge()).await?.map_err(CollectError::Unreachable)
    }

    /// The connection after the handshake with a host, which is offered these protocols (RFC 7301).
    pub(super) async fn secured(
        &self,
        judge: &Judge,
        host: &str,
        protocols: &[&[u8]],
        stream: TcpStream,
    ) -> Result<Result<TlsStream<TcpStream>, String>, CollectError> {
        let Ok(name) = ServerName::try_from(host.to_owned()) else {
            return Ok(Err("the host is not a name that a certificate can have".to_owned()));
        };
        let shaken = connector(judge, protocols)?.connect(name, stream).await;
        Ok(shaken.map_err(|error| why(&error, judge)))
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
fn connector(judge: &Judge, protocols: &[&[u8]]) -> Result<TlsConnector, CollectError> {
    let mut config = judge.client().map_err(|error| CollectError::Unreachable(error.to_string()))?;
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(TlsConnector::from(Arc::new(config)))
}
