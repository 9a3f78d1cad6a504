//! Why there is no good answer.

use std::time::Duration;
use ureq::Error;
use watchkeeper_domain::Timestamp;

/// Why there is no good answer. The text shows the host, and nothing else of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// There is no connection, or the server is out of order.
    #[error("{0}")]
    Unreachable(String),
    /// The answer did not end in time.
    #[error("{host}: no answer within {after:?}")]
    TimedOut {
        /// The server.
        host: String,
        /// How much time it had.
        after: Duration,
    },
    /// The server wants to be left alone: a quota is used up, a token is not accepted.
    #[error("{reason}")]
    Refused {
        /// What it answered.
        reason: String,
        /// Until when, if it said so.
        until: Option<Timestamp>,
    },
    /// The answer is not what was expected.
    #[error("{0}")]
    Malformed(String),
}

/// Why there was no answer, without anything of the request.
pub fn describe(error: &Error) -> String {
    match error {
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => "the URL is not valid".to_owned(),
        Error::Http(_) => "a header or the URL holds characters that HTTP does not allow".to_owned(),
        Error::Io(error) => error.to_string(),
        Error::HostNotFound => "the name has no address".to_owned(),
        Error::TooManyRedirects => "too many redirects".to_owned(),
        Error::Timeout(_) => "no answer in time".to_owned(),
        error => error.to_string(),
    }
}
