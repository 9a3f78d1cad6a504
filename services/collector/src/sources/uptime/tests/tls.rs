//! TLS checks, and what an HTTPS URL says of its certificate.

use super::{SOON, listener, probe};
use crate::sources::uptime::address::Address;
use crate::sources::uptime::body::BodyConditions;
use crate::sources::uptime::config::{Check, HttpCheck};
use crate::sources::uptime::probe::{Finding, Prober};
use crate::sources::uptime::request::Sends;
use crate::sources::uptime::status::StatusRange;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use watchkeeper_domain::Timestamp;
use watchkeeper_http_client::Access;
use watchkeeper_http_client::Trust;
use watchkeeper_test_kit::serve_always;

/// A year that certificates of tests are valid until, and one that is over.
pub(super) const FUTURE: i32 = 2120;
const PAST: i32 = 2020;

/// An authority, and its certificate in a file.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::File(self.directory.path().join("ca.pem"))
    }

    /// Serves HTTPS with a certificate for `name` that ends with the year before `until`.
    async fn serve(&self, name: &str, until: i32) -> SocketAddr {
        serve(self.acceptor(name, until, &[])).await
    }

    /// Accepts TLS with such a certificate, and these protocols.
    pub(super) fn acceptor(&self, name: &str, until: i32, protocols: &[&[u8]]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2010, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        acceptor(certificate.der().clone(), key, protocols)
    }
}

fn acceptor(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    protocols: &[&[u8]],
) -> TlsAcceptor {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor) -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut request = [0; 1024];
                if let Ok(mut stream) = acceptor.accept(stream).await
                    && stream.read(&mut request).await.is_ok_and(|read| read > 0)
                {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                }
            });
        }
    });
    address
}

fn tls(host: &str, address: SocketAddr, trust: &Trust) -> Check {
    Check::Tls(Address::new(host, address.port()), trust.clone())
}

fn https(host: &str, address: SocketAddr, trust: &Trust) -> Check {
    Check::Http(HttpCheck {
        url: format!("https://{host}:{}/", address.port()).parse().unwrap(),
        expect: vec![StatusRange::SUCCESS],
        max_redirects: 0,
        allow_local_redirects: false,
        proxy: None,
        sends: Sends::default(),
        conditions: BodyConditions::default(),
        access: Access { trust: trust.clone(), ..Access::default() },
    })
}

fn days(found: &Finding) -> f64 {
    found.expiry.unwrap().in_days(Timestamp::now())
}

#[tokio::test]
async fn a_valid_certificate_is_up_and_its_days_are_counted() {
    let authority = Authority::new();
    let address = authority.serve("localhost", FUTURE).await;
    let found = probe(&tls("localhost", address, &authority.trust())).await;
    assert_eq!(found.failure, None);
    assert!(found.latency.is_some() && days(&found) > 365.0, "{found:?}");

    let found = probe(&https("localhost", address, &authority.trust())).await;
    assert_eq!((&found.failure, found.status), (&None, Some(204)));
    assert!(days(&found) > 365.0, "{found:?}");
}

#[tokio::test]
async fn an_expired_certificate_is_down_and_its_days_are_negative() {
    let authority = Authority::new();
    let address = authority.serve("localhost", PAST).await;
    for check in
        [tls("localhost", address, &authority.trust()), https("localhost", address, &authority.trust())]
    {
        let found = probe(&check).await;
        let reason = found.failure.as_deref().unwrap();
        assert!(reason.starts_with("certificate expired ") && reason.ends_with(" days ago"), "{reason}");
        assert!(days(&found) < -365.0, "{found:?}");
        assert_eq!(found.latency, None);
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_issuer_or_for_another_name_is_down_and_its_days_are_counted() {
    let authority = Authority::new();
    let address = authority.serve("localhost", FUTURE).await;
    let elsewhere = authority.serve("elsewhere.test", FUTURE).await;
    let trust = authority.trust();
    let checks = [
        (tls("localhost", address, &Trust::Web), "not trusted: unknown issuer"),
        (https("localhost", address, &Trust::Web), "not trusted: unknown issuer"),
        (tls("localhost", elsewhere, &trust), "is not for localhost, only for elsewhere.test"),
        (https("localhost", elsewhere, &trust), "is not for localhost, only for elsewhere.test"),
    ];
    for (check, reason) in checks {
        let found = probe(&check).await;
        assert!(found.failure.as_ref().is_some_and(|failure| failure.contains(reason)), "{found:?}");
        assert!(days(&found) > 365.0, "{found:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_issued_itself_is_said_to_be_self_signed() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let address = serve(acceptor(certificate.der().clone(), key, &[])).await;
        for check in [tls("localhost", address, &Trust::Web), https("localhost", address, &Trust::Web)] {
            let reason = probe(&check).await.failure;
            assert_eq!(reason.as_deref(), Some("certificate not trusted: self-signed"));
        }
    }
}

#[tokio::test]
async fn a_server_without_tls_is_down_without_a_certificate() {
    let url = serve_always("plain").await;
    let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    for check in [tls("127.0.0.1", address, &Trust::Web), https("127.0.0.1", address, &Trust::Web)] {
        let found = probe(&check).await;
        assert_eq!((found.failure.as_deref(), found.expiry), (Some("did not answer with TLS"), None));
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_is_given_up() {
    let (_listener, address) = listener().await;
    let found = Prober::new().probe(&tls("127.0.0.1", address, &Trust::Web), SOON).await.unwrap();
    assert_eq!(found.failure.as_deref(), Some("no answer within 200 ms"));
}

#[tokio::test]
async fn authorities_that_cannot_be_read_say_nothing_of_the_target() {
    let (_listener, address) = listener().await;
    let trust = Trust::File("/no/such/file".into());
    for check in [tls("localhost", address, &trust), https("localhost", address, &trust)] {
        let error = Prober::new().probe(&check, SOON).await.unwrap_err().to_string();
        assert!(error.contains("cannot use ca_file /no/such/file"), "{error}");
    }
}
