//! The address of a mail server.

use std::fmt;
use std::str::FromStr;

/// Longest name of a host (RFC 1035, 2.3.4), in bytes.
pub const MAX_HOST_BYTES: usize = 253;

/// How to connect to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Plain text at first; nothing is sent before STARTTLS has succeeded. Port 587.
    StartTls,
    /// TLS from the start. Port 465.
    Tls,
    /// Plain text: for a server on this host. Port 25.
    None,
}

impl Encryption {
    const ALL: [Self; 3] = [Self::StartTls, Self::Tls, Self::None];

    const fn scheme(self) -> &'static str {
        match self {
            Self::StartTls => "smtp",
            Self::Tls => "smtps",
            Self::None => "smtp+plain",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A mail server: `smtp://mail.example.org`, `smtps://mail.example.org:465`, `smtp+plain://localhost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its host name, which its certificate must have, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How to connect to it.
    pub encryption: Encryption,
}

/// The text does not name a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be smtp://HOST[:PORT] (STARTTLS), smtps://HOST[:PORT] (TLS) or smtp+plain://HOST[:PORT]")]
pub struct SmtpServerError;

impl FromStr for SmtpServer {
    type Err = SmtpServerError;

    fn from_str(url: &str) -> Result<Self, SmtpServerError> {
        let (scheme, place) = url.split_once("://").ok_or(SmtpServerError)?;
        let encryption = Encryption::ALL.into_iter().find(|encryption| encryption.scheme() == scheme);
        let encryption = encryption.ok_or(SmtpServerError)?;
        let (host, port) = match place.rsplit_once(':') {
            // An IPv6 address is in brackets, and has colons of its own.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| SmtpServerError)?),
            _ => (place, encryption.port()),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if port == 0 || host.is_empty() || host.len() > MAX_HOST_BYTES || !host.chars().all(is_word) {
            return Err(SmtpServerError);
        }
        Ok(Self { host: host.to_owned(), port, encryption })
    }
}

/// As in a configuration.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, encryption } = self;
        if host.contains(':') {
            write!(f, "{}://[{host}]:{port}", encryption.scheme())
        } else {
            write!(f, "{}://{host}:{port}", encryption.scheme())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_with_the_port_of_its_scheme() {
        let shown = |url: &str| url.parse::<SmtpServer>().map(|server| server.to_string());
        assert_eq!(shown("smtp://mail.example.org"), Ok("smtp://mail.example.org:587".into()));
        assert_eq!(shown("smtps://mail.example.org"), Ok("smtps://mail.example.org:465".into()));
        assert_eq!(shown("smtp+plain://localhost"), Ok("smtp+plain://localhost:25".into()));
        assert_eq!(shown("smtp://[::1]:2525"), Ok("smtp://[::1]:2525".into()));
        assert_eq!(shown("smtp://[::1]"), Ok("smtp://[::1]:587".into()));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        let too_long = format!("smtp://{}", "a".repeat(MAX_HOST_BYTES + 1));
        let wrong = ["mail.example.org", "http://a", "smtp://", "smtp://a:0", "smtp://a:x", "smtp://a:65536"];
        for url in wrong.into_iter().chain(["smtp://user@a", "smtp://a/b", &too_long]) {
            assert_eq!(url.parse::<SmtpServer>(), Err(SmtpServerError), "{url}");
        }
    }
}
