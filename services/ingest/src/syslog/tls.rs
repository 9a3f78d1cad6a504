//! The certificate of the TLS listener, and the handshake.

use crate::config::IngestConfig;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, InvalidMessage, ServerConfig};
use tokio_rustls::server::TlsStream;
use watchkeeper_config::{Reloadable, Secret, Section};

/// How long a client may take for its handshake.
pub(super) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// A certificate with its chain, and its key, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    chain: String,
    key: Secret,
}

/// Reads the keys of the certificate, and checks that they belong together.
pub(super) fn read_identity(section: &mut Section<'_>, is_wanted: bool) -> Option<Identity> {
    let (chain, key) = (section.path("tls_cert_file"), section.secret_file("tls_key_file"));
    if !is_wanted {
        for (name, is_there) in [("tls_cert_file", chain.is_some()), ("tls_key_file", key.is_some())] {
            if is_there {
                section.refuse(name, "is of no use without `tls`");
            }
        }
        return None;
    }
    for (name, is_missing) in [("tls_cert_file", chain.is_none()), ("tls_key_file", key.is_none())] {
        if is_missing {
            section.refuse(name, "is missing");
        }
    }
    let (path, key) = (chain?, key?);
    // Empty where no role of this process uses it.
    if key.expose().is_empty() {
        return None;
    }
    let chain = match std::fs::read_to_string(&path) {
        Ok(chain) => chain,
        Err(error) => {
            section.refuse("tls_cert_file", format!("cannot read {}: {error}", path.display()));
            return None;
        }
    };
    let identity = Identity { chain, key };
    match identity.acceptor() {
        Ok(_) => Some(identity),
        Err(NotUsable { key, reason }) => {
            section.refuse(key, reason);
            None
        }
    }
}

/// Why a certificate cannot be used, and which setting is wrong.
#[derive(Debug, thiserror::Error)]
#[error("`ingest.syslog.{key}` {reason}")]
pub(super) struct NotUsable {
    key: &'static str,
    reason: String,
}

impl Identity {
    fn acceptor(&self) -> Result<TlsAcceptor, NotUsable> {
        let of_chain = |reason: String| NotUsable { key: "tls_cert_file", reason };
        let of_key = |reason: String| NotUsable { key: "tls_key_file", reason };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.chain.as_bytes()).collect();
        let chain = chain.map_err(|error| of_chain(format!("is no PEM: {error}")))?;
        if chain.is_empty() {
            return Err(of_chain("has no certificate: must be PEM".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(self.key.expose().as_bytes())
            .map_err(|_| of_key("has no private key: must be PEM".to_owned()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| of_key(format!("does not fit the certificate: {error}")))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Why a connection has no TLS.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    /// The client does not speak it.
    #[error("no TLS: the client sent plain text; it must use TLS here, or the port of `ingest.syslog.tcp`")]
    PlainText,
    /// It sent nothing, or not enough.
    #[error("no TLS: the client did not finish its handshake within {} s", HANDSHAKE_WITHIN.as_secs())]
    TooSlow,
    /// Both speak TLS and do not agree, or the connection broke.
    #[error("TLS failed: {0}")]
    Failed(std::io::Error),
}

/// Accepts TLS with the certificate as it is after each reload.
pub(super) struct Tls {
    config: Reloadable<IngestConfig>,
    current: Mutex<(Arc<IngestConfig>, TlsAcceptor)>,
}

impl Tls {
    pub(super) fn new(config: Reloadable<IngestConfig>) -> Result<Self, NotUsable> {
        let current = config.current();
        let identity = current.syslog.identity.as_ref();
        let missing = || NotUsable { key: "tls_cert_file", reason: "is missing".to_owned() };
        let acceptor = identity.ok_or_else(missing)?.acceptor()?;
        Ok(Self { config, current: Mutex::new((current, acceptor)) })
    }

    /// The acceptor with the newest certificate that can be used.
    fn acceptor(&self) -> TlsAcceptor {
        let newest = self.config.current();
        let mut current = self.current.lock();
        if !Arc::ptr_eq(&current.0, &newest) {
            let acceptor = newest.syslog.identity.as_ref().map(Identity::acceptor);
            let acceptor = acceptor.and_then(Result::ok).unwrap_or_else(|| current.1.clone());
            *current = (newest, acceptor);
        }
        current.1.clone()
    }

    pub(super) async fn handshake(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, HandshakeError> {
        match timeout(HANDSHAKE_WITHIN, self.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if is_plain_text(&error) => Err(HandshakeError::PlainText),
            Ok(Err(error)) => Err(HandshakeError::Failed(error)),
            Err(_) => Err(HandshakeError::TooSlow),
        }
    }
}

/// Whether the first bytes were no record of TLS.
fn is_plain_text(error: &std::io::Error) -> bool {
    let error = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(
        error,
        Some(rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload
        ))
    )
}
