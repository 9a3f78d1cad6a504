use super::{Listening, read, write_secret};
use rcgen::{CertificateParams, KeyPair};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use watchkeeper_test_kit::soon;

pub(super) const TLS: &str =
    "tls = \"127.0.0.1:0\"\ntls_cert_file = \"DIR/cert.pem\"\ntls_key_file = \"DIR/key.pem\"";

pub(super) fn identity() -> [(&'static str, String); 2] {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    [("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
}

async fn connect(listening: &Listening, trusted: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(listening.addresses[0]).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    soon(TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

#[tokio::test]
async fn all_others_are_served_while_a_client_of_the_tls_port_is_silent_or_sends_plain_text() {
    let files = identity();
    let mut listening = Listening::with(TLS, &files).await;
    let silent = TcpStream::connect(listening.addresses[0]).await.unwrap();
    let mut plain = TcpStream::connect(listening.addresses[0]).await.unwrap();
    plain.write_all(b"<13>1 2026-11-29T10:00:00Z gate shop 7 - - plain\n").await.unwrap();
    let mut answer = Vec::new();
    drop(soon(plain.read_to_end(&mut answer)).await);
    assert_eq!(listening.metric("refused_connections_total{reason=\"tls\"}"), 1);

    let mut stream = connect(&listening, &files[0].1).await.unwrap();
    stream.write_all(b"46 <13>1 2026-11-29T10:00:00Z gate shop 7 - - one").await.unwrap();
    stream.flush().await.unwrap();
    assert_eq!(listening.messages(1).await, ["one"]);
    assert_eq!(listening.metric("messages_total{protocol=\"tls\"}"), 1);
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_nothing_is_closed_when_its_time_for_the_handshake_is_over() {
    let listening = Listening::with(TLS, &identity()).await;
    let mut silent = TcpStream::connect(listening.addresses[0]).await.unwrap();
    let mut answer = Vec::new();
    drop(silent.read_to_end(&mut answer).await);
    assert!(answer.is_empty());
    assert_eq!(listening.metric("refused_connections_total{reason=\"tls\"}"), 1);
}

#[tokio::test]
async fn a_renewed_certificate_is_used_after_a_reload() {
    let (old, new) = (identity(), identity());
    let listening = Listening::with(TLS, &old).await;
    connect(&listening, &old[0].1).await.unwrap();
    assert!(connect(&listening, &new[0].1).await.is_err());
    for (name, text) in &new {
        write_secret(&listening.directory, name, text);
    }
    listening.config.replace(read(TLS, &listening.directory));
    connect(&listening, &new[0].1).await.unwrap();
}
