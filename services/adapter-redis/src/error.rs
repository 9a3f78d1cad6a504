//! What an error of Redis means.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use watchkeeper_ports::PortError;

/// What the operator knows it by.
pub(crate) const WHAT: &str = "cache";

/// Waiting helps against everything but a password that is wrong and keys that are no cache's.
pub(crate) fn port_error(error: &RedisError) -> PortError {
    let reason = error.to_string();
    let is_broken = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed
            | ErrorKind::InvalidClientConfig
            | ErrorKind::UnexpectedReturnType
            | ErrorKind::Parse
            | ErrorKind::Server(ServerErrorKind::NoPerm)
    ) || error.code() == Some("WRONGTYPE");
    if is_broken {
        PortError::Broken { what: WHAT, reason }
    } else {
        PortError::Unavailable { what: WHAT, reason }
    }
}

pub(crate) fn broken(reason: impl Into<String>) -> PortError {
    PortError::Broken { what: WHAT, reason: reason.into() }
}
