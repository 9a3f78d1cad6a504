//! Maps the client's errors to port errors.

use mongodb::error::{Error, ErrorKind};
use watchkeeper_ports::PortError;

/// The dependency's name for operators.
const WHAT: &str = "rollups";

/// Codes of errors that only an operator can fix: not authorised, authentication failed, a conflicting index.
/// Errors without a code are retried.
const BROKEN_CODES: [i32; 4] = [13, 18, 85, 86];

/// Every error is transient, except a refused user and a wrong configuration of the client.
pub(crate) fn port_error(error: &Error) -> PortError {
    let is_broken = match &*error.kind {
        ErrorKind::Authentication { .. }
        | ErrorKind::InvalidArgument { .. }
        | ErrorKind::InvalidTlsConfig { .. } => true,
        ErrorKind::Command(refused) => BROKEN_CODES.contains(&refused.code),
        _ => false,
    };
    let reason = reason(error);
    if is_broken { broken(reason) } else { unavailable(reason) }
}

/// Whether the error says that the collection does not exist.
pub(crate) fn is_no_collection(error: &Error) -> bool {
    const NAMESPACE_NOT_FOUND: i32 = 26;
    matches!(&*error.kind, ErrorKind::Command(refused) if refused.code == NAMESPACE_NOT_FOUND)
}

/// The server's message, if there is one: the client drops it when the error has no code.
fn reason(error: &Error) -> String {
    let said = error.server_response().and_then(|answer| answer.get_str("errmsg").ok());
    said.map_or_else(|| error.kind.to_string(), ToOwned::to_owned)
}

pub(crate) fn unavailable(reason: impl Into<String>) -> PortError {
    PortError::Unavailable { what: WHAT, reason: reason.into() }
}

pub(crate) fn broken(reason: impl Into<String>) -> PortError {
    PortError::Broken { what: WHAT, reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{deserialize_from_document, doc};
    use watchkeeper_ports::Failure;

    fn command_error(code: i32) -> Error {
        let refused = doc! { "code": code, "errmsg": "no" };
        ErrorKind::Command(deserialize_from_document(refused).unwrap()).into()
    }

    #[test]
    fn only_what_an_operator_must_change_is_not_waited_for() {
        let not_authorised = port_error(&command_error(13));
        assert_eq!(not_authorised.failure(), Failure::Stop);
        assert!(not_authorised.to_string().contains("no"), "{not_authorised}");
        let not_primary = port_error(&command_error(10107));
        assert_eq!(not_primary.failure(), Failure::Retry);
        let reset: Error = std::io::Error::from(std::io::ErrorKind::ConnectionReset).into();
        assert_eq!(port_error(&reset).failure(), Failure::Retry);
    }
}
