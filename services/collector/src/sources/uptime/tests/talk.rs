//! What servers say: text, SMTP, IMAP, SSH.

use super::tls::{Authority, FUTURE};
use super::{SOON, listener, probe};
use crate::sources::uptime::address::Address;
use crate::sources::uptime::config::Check;
use crate::sources::uptime::probe::{Finding, Prober};
use crate::sources::uptime::talk::{Exchange, MAX_REPLY_BYTES, Protocol, Security, TalkCheck};
use regex::bytes::Regex;
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio_rustls::TlsAcceptor;
use watchkeeper_http_client::Trust;

/// Says the first text, and after each received line the next one; then closes.
#[derive(Clone, Copy)]
struct Script(&'static [&'static str]);

impl Script {
    /// Plays the texts; stops before a handshake, which follows the reply to STARTTLS.
    async fn play<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) -> Option<S> {
        let mut stream = BufReader::new(stream);
        for (turn, text) in self.0.iter().enumerate() {
            let mut line = String::new();
            if turn > 0 && stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            stream.write_all(text.as_bytes()).await.ok()?;
            if line.contains("STARTTLS") {
                return Some(stream.into_inner());
            }
        }
        None
    }
}

/// Plays the script; over TLS after STARTTLS, or from the start.
async fn serve(script: Script, acceptor: Option<TlsAcceptor>, at_once: bool) -> SocketAddr {
    let (listener, address) = listener().await;
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor {
                    Some(acceptor) if at_once => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            script.play(stream).await;
                        }
                    }
                    acceptor => {
                        if let (Some(stream), Some(acceptor)) = (script.play(stream).await, acceptor) {
                            let _ = acceptor.accept(stream).await;
                        }
                    }
                }
            });
        }
    });
    address
}

fn check(address: SocketAddr, protocol: Protocol, security: Security) -> Check {
    Check::Talk(TalkCheck { address: Address::new("localhost", address.port()), security, protocol })
}

async fn plain(protocol: Protocol, texts: &'static [&'static str]) -> Finding {
    let address = serve(Script(texts), None, false).await;
    probe(&check(address, protocol, Security::StartTls(Trust::Web))).await
}

async fn failure(protocol: Protocol, texts: &'static [&'static str]) -> String {
    plain(protocol, texts).await.failure.unwrap_or_default()
}

fn exchange(send: &str, expect: &str) -> Exchange {
    let bytes = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
    Exchange { send: bytes(send), expect: bytes(expect), matches: None }
}

#[tokio::test]
async fn text_is_sent_and_the_reply_must_contain_what_is_expected() {
    let pong: &[&str] = &["", "+PONG\r\n"];
    let asking = |expect| Protocol::Exchange(exchange("PING\r\n", expect));
    let found = plain(asking("PONG"), pong).await;
    assert_eq!(found.failure, None);
    assert!(found.latency.is_some());
    assert_eq!(failure(asking("OK"), pong).await, r#"answered "+PONG\r\n", expected "OK""#);
    let version = Exchange { matches: Some(Regex::new("[0-9]+").unwrap()), ..exchange("", "") };
    assert_eq!(failure(Protocol::Exchange(version.clone()), &["v7"]).await, "");
    let reason = r#"answered "v", expected a match of "[0-9]+""#;
    assert_eq!(failure(Protocol::Exchange(version), &["v"]).await, reason);
    let closed = r#"closed the connection without an answer, expected "PONG""#;
    assert_eq!(failure(asking("PONG"), &["", ""]).await, closed);
}

#[tokio::test]
async fn a_reply_that_does_not_come_or_does_not_end_is_given_up() {
    let (_silent, address) = listener().await;
    let silent = check(address, Protocol::Exchange(exchange("", "hello")), Security::None);
    let found = Prober::new().probe(&silent, SOON).await.unwrap();
    assert!(found.failure.unwrap().starts_with("no answer within 200 ms"));

    let (listener, address) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let endless = check(address, Protocol::Exchange(exchange("", "hello")), Security::None);
    let expected = format!("answered more than {MAX_REPLY_BYTES} bytes, expected \"hello\"");
    assert_eq!(probe(&endless).await.failure, Some(expected));
}

#[tokio::test]
async fn text_is_exchanged_over_tls_too() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", FUTURE, &[]);
    let address = serve(Script(&["", "+PONG\r\n"]), Some(acceptor), true).await;
    let asking = |expect| Protocol::Exchange(exchange("PING\r\n", expect));
    let found = probe(&check(address, asking("PONG"), Security::Tls(authority.trust()))).await;
    assert_eq!(found.failure, None);
    assert!(found.expiry.is_some());
    let found = probe(&check(address, asking("OK"), Security::Tls(authority.trust()))).await;
    assert!(found.failure.unwrap().ends_with("expected \"OK\"") && found.expiry.is_some());
}

#[tokio::test]
async fn smtp_and_imap_that_offer_starttls_are_judged_by_their_certificate() {
    let smtp =
        Script(&["220-mail\r\n220 test ESMTP\r\n", "250-test\r\n250-STARTTLS\r\n250 SIZE\r\n", "220 go\r\n"]);
    let imap =
        Script(&["* OK ready\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n", "a2 OK go\r\n"]);
    let authority = Authority::new();
    for (protocol, script) in [(Protocol::Smtp, smtp), (Protocol::Imap, imap)] {
        let address = serve(script, Some(authority.acceptor("localhost", FUTURE, &[])), false).await;
        let trusted = check(address, protocol.clone(), Security::StartTls(authority.trust()));
        let found = probe(&trusted).await;
        assert_eq!(found.failure, None, "{protocol:?}");
        assert!(found.expiry.is_some() && found.latency.is_some());
        let found = probe(&check(address, protocol, Security::StartTls(Trust::Web))).await;
        assert_eq!(found.failure.as_deref(), Some("certificate not trusted: unknown issuer"));
        assert!(found.expiry.is_some());
    }
}

#[tokio::test]
async fn smtps_and_imaps_greet_over_tls() {
    let authority = Authority::new();
    for (protocol, script) in [
        (Protocol::Smtp, Script(&["220 test\r\n", "250 test\r\n"])),
        (Protocol::Imap, Script(&["* OK ready\r\n"])),
    ] {
        let address = serve(script, Some(authority.acceptor("localhost", FUTURE, &[])), true).await;
        let found = probe(&check(address, protocol, Security::Tls(authority.trust()))).await;
        assert_eq!(found.failure, None);
        assert!(found.expiry.is_some());
    }
}

#[tokio::test]
async fn a_server_of_mail_without_tls_is_up_without_a_certificate() {
    let found = plain(Protocol::Smtp, &["220 test\r\n", "250 test\r\n"]).await;
    assert_eq!((found.failure, found.expiry), (None, None));
    let found = plain(Protocol::Imap, &["* OK ready\r\n", "* CAPABILITY IMAP4rev1\r\na1 OK\r\n"]).await;
    assert_eq!((found.failure, found.expiry), (None, None));
    assert_eq!(plain(Protocol::Ssh, &["hello\r\nSSH-2.0-OpenSSH_10\r\n"]).await.failure, None);
}

#[tokio::test]
async fn a_greeting_that_is_not_as_expected_is_the_reason() {
    let smtp = Protocol::Smtp;
    assert_eq!(failure(smtp.clone(), &["554 no\r\n"]).await, r#"answered "554 no", expected 220"#);
    let reason = failure(smtp.clone(), &["220 test\r\n", "502 what\r\n"]).await;
    assert_eq!(reason, r#"answered "502 what" to EHLO, expected 250"#);
    assert_eq!(failure(smtp, &["22"]).await, r#"closed the connection after "22""#);
    let busy = failure(Protocol::Imap, &["* BYE busy\r\n"]).await;
    assert_eq!(busy, r#"answered "* BYE busy", expected "* OK""#);
    let web = failure(Protocol::Ssh, &["HTTP/1.1 400\r\n"]).await;
    assert_eq!(web, r#"answered "HTTP/1.1 400", expected "SSH-2.0-""#);
    assert_eq!(failure(Protocol::Ssh, &[""]).await, "closed the connection without an answer");
}

#[tokio::test]
async fn text_that_is_slipped_in_before_the_handshake_is_refused() {
    let slipped: &[&str] = &["220 test\r\n", "250-test\r\n250 STARTTLS\r\n", "220 go\r\n250 slipped in\r\n"];
    let found = plain(Protocol::Smtp, slipped).await;
    let reason = "answered more than the reply to STARTTLS before the handshake";
    assert_eq!(found.failure.as_deref(), Some(reason));
}
