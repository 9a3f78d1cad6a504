//! Sends mail.

use crate::answer::{self, WHAT};
use crate::server::{Encryption, SmtpServer};
use async_trait::async_trait;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::error::Error as _;
use std::fmt;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_mail::message;
use watchkeeper_ports::{Mail, Mailer, PortError};

/// How to send mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpOptions {
    /// The server.
    pub server: SmtpServer,
    /// The credentials; a server on the same host often needs none.
    pub credentials: Option<Credentials>,
    /// PEM certificates of CAs that are trusted in addition to the public ones.
    pub extra_roots: Option<String>,
    /// Time limit for one mail. Connecting may take [`CONNECT_WITHIN`] at most.
    pub timeout: Duration,
}

/// Time limit for connecting to the server.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// Credentials for the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Sends mail to a server, with one connection per mail: mail is rare, and an idle connection may turn out
/// dead.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// Host and port, for errors of a server that does not answer.
    address: String,
    timeout: Duration,
}

impl SmtpMailer {
    /// Does not connect yet.
    ///
    /// # Errors
    /// [`PortError::Broken`] when the extra certificates are not valid, or a password would be sent in plain
    /// text.
    pub fn new(options: &SmtpOptions) -> Result<Self, PortError> {
        let SmtpOptions { server, credentials, extra_roots, timeout } = options;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(CONNECT_WITHIN.min(*timeout)))
            .tls(match server.encryption {
                Encryption::StartTls => Tls::Required(tls(server, extra_roots.as_deref())?),
                Encryption::Tls => Tls::Wrapper(tls(server, extra_roots.as_deref())?),
                Encryption::None if credentials.is_some() => {
                    return Err(broken(
                        "credentials are not sent over smtp+plain://; use smtp:// or smtps://",
                    ));
                }
                Encryption::None => Tls::None,
            });
        if let Some(Credentials { username, password }) = credentials {
            builder = builder.credentials((username.clone(), password.clone()).into());
        }
        let address = format!("{}:{}", server.host, server.port);
        Ok(Self { transport: builder.build(), address, timeout: *timeout })
    }
}

impl SmtpMailer {
    /// The transport's own timeout covers connecting; a server may also hang later.
    async fn within<T>(&self, talk: impl Future<Output = Result<T, Error>>) -> Result<T, PortError> {
        match timeout(self.timeout, talk).await {
            Ok(outcome) => outcome.map_err(|error| match error.status() {
                Some(code) => answer::error(Some(code.into()), with_causes(&error)),
                None => self.silent(&with_causes(&error)),
            }),
            Err(_) => Err(self.silent(&format!("no answer within {:?}", self.timeout))),
        }
    }

    fn silent(&self, reason: &str) -> PortError {
        answer::error(None, format!("{}: {reason}", self.address))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let message = message(mail)
            .map_err(|violation| PortError::Rejected { what: WHAT, reason: violation.to_string() })?;
        self.within(self.transport.send(message)).await.map(drop)
    }

    async fn check(&self) -> Result<(), PortError> {
        if self.within(self.transport.test_connection()).await? {
            return Ok(());
        }
        Err(self.silent("the server does not reply to NOOP"))
    }
}

fn tls(server: &SmtpServer, extra_roots: Option<&str>) -> Result<TlsParameters, PortError> {
    let mut builder = TlsParameters::builder(server.host.clone());
    for pem in extra_roots.into_iter().flat_map(certificates) {
        let certificate = Certificate::from_pem(pem.as_bytes());
        builder = builder.add_root_certificate(certificate.map_err(|error| broken(error.to_string()))?);
    }
    builder.build_rustls().map_err(|error| broken(error.to_string()))
}

/// The certificates in a PEM file.
fn certificates(pem: &str) -> impl Iterator<Item = &str> {
    pem.split_inclusive("-----END CERTIFICATE-----")
        .filter(|part| part.contains("-----BEGIN CERTIFICATE-----"))
}

fn broken(reason: impl Into<String>) -> PortError {
    PortError::Broken { what: WHAT, reason: reason.into() }
}

/// Includes the cause: "connection refused" says more than "connection error".
fn with_causes(error: &Error) -> String {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(beneath) = cause {
        let text = beneath.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        cause = beneath.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_named_with_host_and_port() {
        let server = "smtp+plain://127.0.0.1:1".parse().unwrap();
        let options =
            SmtpOptions { server, credentials: None, extra_roots: None, timeout: Duration::from_secs(5) };
        let error = SmtpMailer::new(&options).unwrap().check().await.unwrap_err().to_string();
        assert!(error.contains(" 127.0.0.1:1: "), "{error}");
    }
}
