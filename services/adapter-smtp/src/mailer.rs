//! Handing mail over.

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

/// Where mail is handed over, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpOptions {
    /// The server.
    pub server: SmtpServer,
    /// As whom; a server on the same host often wants none.
    pub credentials: Option<Credentials>,
    /// Certificates of authorities that are trusted besides the public ones, as PEM.
    pub extra_roots: Option<String>,
    /// How long handing over one mail may take. To connect it has [`CONNECT_WITHIN`] at most.
    pub timeout: Duration,
}

/// How long it may take to connect to the server.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// Who sends, towards the server.
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

/// Hands mail to a server, one connection a mail: mail is rare, and a connection that is kept is one that
/// can be found dead.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl SmtpMailer {
    /// Makes ready; connects to nothing yet.
    ///
    /// # Errors
    /// [`PortError::Broken`] when the extra certificates are none, or a password would cross the network in
    /// the clear.
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
                        "credentials are not sent over smtp+plain://; take smtp:// or smtps://",
                    ));
                }
                Encryption::None => Tls::None,
            });
        if let Some(Credentials { username, password }) = credentials {
            builder = builder.credentials((username.clone(), password.clone()).into());
        }
        Ok(Self { transport: builder.build(), timeout: *timeout })
    }
}

impl SmtpMailer {
    /// The transport's own timeout is for connecting; a server may also fall silent later.
    async fn within<T>(&self, talk: impl Future<Output = Result<T, Error>>) -> Result<T, PortError> {
        match timeout(self.timeout, talk).await {
            Ok(outcome) => outcome.map_err(|error| refused(&error)),
            Err(_) => Err(answer::error(None, format!("no answer within {:?}", self.timeout))),
        }
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
        Err(answer::error(None, "the server does not answer NOOP".to_owned()))
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

/// The certificates of a file that may have several, one after the other.
fn certificates(pem: &str) -> impl Iterator<Item = &str> {
    pem.split_inclusive("-----END CERTIFICATE-----")
        .filter(|part| part.contains("-----BEGIN CERTIFICATE-----"))
}

fn broken(reason: impl Into<String>) -> PortError {
    PortError::Broken { what: WHAT, reason: reason.into() }
}

/// With what lies beneath: "connection refused" says more than "connection error".
fn refused(error: &Error) -> PortError {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(beneath) = cause {
        let text = beneath.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        cause = beneath.source();
    }
    answer::error(error.status().map(u16::from), reason)
}
