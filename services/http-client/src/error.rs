//! Errors of requests.

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

/// Why there was no response, without anything of the request.
pub fn describe(error: &Error) -> String {
    match error {
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => "the URL is not valid".to_owned(),
        Error::Http(_) => "a header or the URL has characters that HTTP does not allow".to_owned(),
        Error::Io(error) => error.to_string(),
        Error::HostNotFound => "the host name has no address".to_owned(),
        Error::TooManyRedirects => "too many redirects".to_owned(),
        Error::Timeout(_) => "no answer in time".to_owned(),
        error => error.to_string(),
    }
}
