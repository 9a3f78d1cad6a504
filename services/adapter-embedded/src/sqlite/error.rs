//! Maps SQLite's errors to port errors.

use rusqlite::ErrorCode;
use watchkeeper_ports::PortError;

/// An error of one database, without the database's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// Busy, full, or a disk error: the same call may succeed later.
    Unavailable(String),
    /// The input is refused, now and later.
    Rejected(String),
    /// The file is damaged, not a database, or of another version.
    Broken(String),
    /// A port error.
    Port(PortError),
}

impl Error {
    /// The port error; `what` is the dependency's name for operators.
    pub(crate) fn of(self, what: &'static str) -> PortError {
        match self {
            Self::Unavailable(reason) => PortError::Unavailable { what, reason },
            Self::Rejected(reason) => PortError::Rejected { what, reason },
            Self::Broken(reason) => PortError::Broken { what, reason },
            Self::Port(error) => error,
        }
    }
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let reason = error.to_string();
        match (&error, error.sqlite_error_code()) {
            (_, Some(code)) => classify(code)(reason),
            (rusqlite::Error::ToSqlConversionFailure(_), None) => Self::Rejected(reason),
            // Otherwise a row does not match the schema, or this crate has a bug.
            (_, None) => Self::Broken(reason),
        }
    }
}

fn classify(code: ErrorCode) -> fn(String) -> Error {
    match code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::DiskFull
        | ErrorCode::SystemIoFailure
        | ErrorCode::OutOfMemory
        | ErrorCode::OperationInterrupted
        | ErrorCode::FileLockingProtocolFailed => Error::Unavailable,
        ErrorCode::ConstraintViolation | ErrorCode::TooBig => Error::Rejected,
        _ => Error::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use watchkeeper_ports::Failure;

    fn failure(error: rusqlite::Error) -> Failure {
        Error::from(error).of("store").failure()
    }

    #[test]
    fn a_full_database_is_worth_a_retry() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("PRAGMA max_page_count = 3; CREATE TABLE t(x)").unwrap();
        let error = conn.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
        assert_eq!(failure(error), Failure::Retry);
    }

    #[test]
    fn a_broken_constraint_rejects_the_input() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t(x INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)").unwrap();
        let error = conn.execute("INSERT INTO t VALUES (1)", []).unwrap_err();
        assert_eq!(failure(error), Failure::Reject);
        let too_large = conn.execute("INSERT INTO t VALUES (?1)", [u64::MAX]).unwrap_err();
        assert_eq!(failure(too_large), Failure::Reject);
    }

    #[test]
    fn a_file_that_is_no_database_stops_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        std::fs::write(&path, [b'x'; 4096]).unwrap();
        let conn = Connection::open(&path).unwrap();
        let error = conn.execute_batch("CREATE TABLE t(x)").unwrap_err();
        assert_eq!(failure(error), Failure::Stop);
    }
}
