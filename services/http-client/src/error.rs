//! Errors of requests.

use std::io;
use std::time::Duration;
use ureq::Error;
use watchkeeper_domain::Timestamp;

/// Why there is no usable response. The text shows the host, and nothing else of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Cannot connect, or the server is broken.
    #[error("{0}")]
    Unreachable(String),
    /// The response did not complete in time.
    #[error("{host}: no answer within {after:?}")]
    TimedOut {
        /// The host.
        host: String,
        /// The timeout.
        after: Duration,
    },
    /// The server refuses further requests: a quota is exhausted, or a token is not accepted.
    #[error("{reason}")]
    Refused {
        /// The response.
        reason: String,
        /// Until when, if it said so.
        until: Option<Timestamp>,
    },
    /// The response is not what was expected.
    #[error("{0}")]
    Malformed(String),
}

/// Why a connection failed, in plain words without an error number: `connection refused`.
pub fn describe_io(error: &io::Error) -> String {
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "connection reset",
        io::ErrorKind::ConnectionAborted | io::ErrorKind::UnexpectedEof => {
            "connection closed without an answer"
        }
        io::ErrorKind::HostUnreachable => "no route to the host",
        io::ErrorKind::NetworkUnreachable => "network unreachable",
        io::ErrorKind::TimedOut => "connection timed out",
        _ => {
            let text = error.to_string();
            return text.split(" (os error ").next().unwrap_or_default().to_owned();
        }
    };
    words.to_owned()
}

/// Why there was no response, without anything of the request.
pub fn describe(error: &Error) -> String {
    match error {
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => "the URL is not valid".to_owned(),
        Error::Http(_) => "a header or the URL has characters that HTTP does not allow".to_owned(),
        Error::Io(error) => describe_io(error),
        Error::HostNotFound => "the host name has no address".to_owned(),
        Error::TooManyRedirects => "too many redirects".to_owned(),
        Error::Timeout(_) => "no answer in time".to_owned(),
        error => error.to_string(),
    }
}
