//! Maps PostgreSQL's errors to port errors.

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use tokio_postgres::error::{DbError, SqlState};
use tokio_rustls::rustls;
use watchkeeper_ports::PortError;

/// The dependency's name for operators.
pub(crate) const WHAT: &str = "store";

#[derive(Debug, PartialEq)]
pub(crate) enum Error {
    /// The same call may succeed later.
    Unavailable(String),
    /// This input will never be accepted.
    Rejected(String),
    /// Only an operator helps.
    Broken(String),
    /// A port error.
    Port(PortError),
    /// There is no partition for the day of a row: it existed, but was pruned meanwhile.
    NoSuchDay,
}

impl From<Error> for PortError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(reason) => Self::Unavailable { what: WHAT, reason },
            Error::Rejected(reason) => Self::Rejected { what: WHAT, reason },
            Error::Broken(reason) => Self::Broken { what: WHAT, reason },
            Error::Port(error) => error,
            Error::NoSuchDay => {
                Error::Unavailable("a day was pruned while something of it was being stored".into()).into()
            }
        }
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(answer) => of_answer(answer),
            None if is_ours(&error) => Self::Broken(chain(&error)),
            None => Self::Unavailable(chain(&error)),
        }
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
            PoolError::Timeout(TimeoutType::Wait) => {
                Self::Unavailable("timed out waiting for a free connection".into())
            }
            PoolError::Timeout(_) => Self::Unavailable("timed out".into()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// Maps a server error by its SQLSTATE.
fn of_answer(answer: &DbError) -> Error {
    let reason = format!("{} (SQLSTATE {})", answer.message(), answer.code().code());
    if *answer.code() == SqlState::CHECK_VIOLATION && answer.constraint().is_none() {
        return Error::NoSuchDay;
    }
    match meaning(answer.code().code()) {
        Meaning::Retry => Error::Unavailable(reason),
        Meaning::Reject => Error::Rejected(reason),
        Meaning::Stop => Error::Broken(reason),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Retry,
    Reject,
    Stop,
}

/// What a SQLSTATE means (PostgreSQL's documentation, appendix A): its first two characters are its class.
fn meaning(code: &str) -> Meaning {
    match code {
        // A standby, until it is promoted; a transaction that the server ended because it was idle.
        "25006" | "25P03" => Meaning::Retry,
        _ => match code.get(..2) {
            // Connection; rolled back; resources; not in the state for it; operator; the system around it.
            Some("08" | "40" | "53" | "55" | "57" | "58") => Meaning::Retry,
            // Data; integrity; limits of the engine.
            Some("22" | "23" | "54") => Meaning::Reject,
            _ => Meaning::Stop,
        },
    }
}

/// Whether the fault is on this side or in the configuration, so that waiting does not help: a value that
/// cannot be sent or read, an authentication method that is not possible, an untrusted certificate.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let Some(source) = error.source() else { return false };
    match source.downcast_ref::<io::Error>() {
        None => true,
        Some(io) => io
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
            .is_some_and(|tls| matches!(tls, rustls::Error::InvalidCertificate(_))),
    }
}

/// The error with its causes. None of the texts contains a password.
fn chain(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_sqlstate_is_one_of_three() {
        let expected = [
            (Meaning::Retry, vec!["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01"]),
            (Meaning::Retry, vec!["25006", "25P03", "57P03", "58030"]),
            (Meaning::Reject, vec!["22003", "22021", "22P02", "23502", "23505", "23514", "54000"]),
            (Meaning::Stop, vec!["28P01", "28000", "3D000", "42501", "42P01", "42601", "XX001", "0A000"]),
            (Meaning::Stop, vec!["25001", "", "é"]),
        ];
        for (means, codes) in expected {
            for code in codes {
                assert_eq!(meaning(code), means, "{code}");
            }
        }
    }
}
