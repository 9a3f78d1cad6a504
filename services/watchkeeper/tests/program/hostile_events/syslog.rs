//! Syslog by datagram, by stream, and within TLS.

use super::odd::{TIMES, texts};
use super::{By, CLOSES_WITHIN, Input};
use rcgen::{CertificateParams, KeyPair};
use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What a datagram of UDP over IPv4 can hold.
pub(super) const MAX_DATAGRAM: usize = 65_507;

/// A client that trusts the listener.
pub(super) struct TlsClient {
    config: Arc<ClientConfig>,
    pub(super) address: SocketAddr,
}

impl TlsClient {
    /// Writes a certificate and its key, and trusts it.
    pub(super) fn with_identity_in(dir: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        for (name, text) in [("cert.pem", certificate.pem()), ("key.pem", key.serialize_pem())] {
            fs::write(dir.join(name), text).unwrap();
            fs::set_permissions(dir.join(name), Permissions::from_mode(0o600)).unwrap();
        }
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { config: Arc::new(config), address: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }

    pub(super) fn to(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// Sends all that a connection has, and waits until it is closed.
    pub(super) fn send(&self, bytes: &[u8]) {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(CLOSES_WITHIN)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls =
            StreamOwned::new(ClientConnection::new(Arc::clone(&self.config), name).unwrap(), stream);
        // It may be closed before all is sent.
        if tls.write_all(bytes).is_ok() && tls.flush().is_ok() {
            tls.conn.send_close_notify();
            let _ = tls.flush();
            let _ = tls.sock.shutdown(std::net::Shutdown::Write);
            let _ = tls.read_to_end(&mut Vec::new());
        }
    }
}

pub(super) fn inputs() -> Vec<Input> {
    let mut inputs: Vec<_> = messages()
        .into_iter()
        .flat_map(|(name, message)| {
            let counted = [message.len().to_string().as_bytes(), b" ", &message].concat();
            let line = [&message[..], b"\n"].concat();
            // Digits and a blank are a count only before a priority; otherwise they are text, whose line goes on.
            let by_count = if message.starts_with(b"<") { By::Messages } else { By::Stream };
            [
                Input::new(format!("a datagram: {name}"), By::Datagram(message)),
                Input::new(format!("a line: {name}"), By::Messages(line.clone())),
                Input::new(format!("counted: {name}"), by_count(counted.clone())),
                Input::new(format!("TLS: {name}"), By::Tls([line, counted].concat())),
            ]
        })
        .collect();
    for (name, bytes) in framing() {
        inputs.push(Input::new(format!("a stream: {name}"), By::Stream(bytes.clone())));
        inputs.push(Input::new(format!("a stream within TLS: {name}"), By::Tls(bytes.clone())));
        inputs.push(Input::new(format!("no TLS: {name}"), By::NoTls(bytes)));
    }
    inputs
}

/// Messages that are none, or odd.
fn messages() -> Vec<(String, Vec<u8>)> {
    let mut messages = Vec::new();
    for (name, text) in texts() {
        messages.push((format!("as it is, {name}"), text.clone()));
        messages.push((format!("in a message, {name}"), [b"<14>1 - h odd 7 - - ", &text[..]].concat()));
    }
    for time in TIMES {
        let time = time.trim_matches('"');
        messages.push((format!("the time {time}"), format!("<14>1 {time} h odd 7 - - x").into()));
    }
    let sd = |inner: String| format!("<14>1 - h odd 7 - {inner} x");
    let parameters = (0..1_000).fold(String::new(), |all, number| all + &format!(" p{number}=\"v\""));
    let texts = [
        "<".to_owned(),
        "<>".into(),
        "<999>1 - h odd 7 - - x".into(),
        "<-1>x".into(),
        "<00000000000000013>x".into(),
        "<14>99999999999 - h odd 7 - - x".into(),
        "<14>1".into(),
        "<14>1 - - - - - -".into(),
        format!("<14>1 - {} odd 7 - - x", "h".repeat(10_000)),
        "<14>Feb 30 25:61:61 h odd: x".into(),
        "<14>Jan  1 00:00:00".into(),
        sd("[".into()),
        sd("[a".into()),
        sd("[a b=\"".into()),
        sd("[a b=\"\\".into()),
        sd("[a b=\"c\"".into()),
        sd("[]".into()),
        sd(format!("[{}]", "a".repeat(10_000))),
        sd(format!("[a{parameters}]")),
        sd("[a b=\"c\"]".repeat(1_000)),
        sd("[a b=\"\u{0}\"]".into()),
    ];
    messages.extend(texts.into_iter().map(|text| (text.chars().take(40).collect(), text.into_bytes())));
    messages
}

/// Streams that are framed as they must not be.
fn framing() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("a count that is too small", b"3 <14>1 - h odd 7 - - x".to_vec()),
        ("a count that is too large", b"5000 <14>1 - h odd 7 - - x".to_vec()),
        ("a count of 2^70", b"1180591620717411303424 <14>1 - h odd 7 - - x".to_vec()),
        ("a count of a thousand digits", [&[b'9'; 1_000][..], b" <14>x"].concat()),
        ("a count of 0", b"0 <14>x\n0 0 0 0 ".to_vec()),
        ("a count of nothing", b" <14>x".to_vec()),
        ("a count only", b"46".to_vec()),
        ("a negative count", b"-5 <14>x".to_vec()),
        ("a count past the limit of a message", [b"100000 <14>", &[b'x'; 99_996][..]].concat()),
        ("half a message", b"<14>1 - h od".to_vec()),
        ("2 MiB without a line feed", vec![b'<'; 2 << 20]),
        ("100,000 line feeds", vec![b'\n'; 100_000]),
        ("a request of HTTP", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_vec()),
        ("a hello of TLS and nothing more", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
    ]
}
