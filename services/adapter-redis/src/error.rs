//! Maps Redis errors to port errors.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use watchkeeper_ports::PortError;

/// The dependency's name for operators.
pub(crate) const WHAT: &str = "cache";

/// Every error is transient, except a wrong password and keys of another type.
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
