//! Runs the statement of a report.

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, Statement};
use std::fmt::Write as _;
use watchkeeper_ports::{PortError, REPORT, ReportQuery, Table, TableBuilder};

/// The answer to `query`, on a connection that can only read.
pub(super) fn answer(conn: &Connection, query: &ReportQuery) -> Result<Table, PortError> {
    let failed = |error: Error| of_error(query, error);
    let mut statements = Batch::new(conn, &query.sql);
    let Some(mut statement) = statements.next().map_err(failed)? else {
        return Err(ReportQuery::refused("has no statement"));
    };
    // Also when the second cannot be prepared.
    if !matches!(statements.next(), Ok(None)) {
        return Err(ReportQuery::refused("has more than one statement"));
    }
    if !statement.readonly() {
        return Err(ReportQuery::refused("must only read"));
    }
    if statement.parameter_count() > 0 {
        return Err(ReportQuery::refused("has parameters, which nobody gives a value"));
    }
    rows(&mut statement, query)
}

fn rows(statement: &mut Statement<'_>, query: &ReportQuery) -> Result<Table, PortError> {
    let failed = |error: Error| of_error(query, error);
    let columns: Vec<_> = statement.column_names().map(str::to_owned).collect();
    let width = columns.len();
    let mut table = TableBuilder::new(query, columns)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let cells = (0..width).map(|column| row.get_ref(column).map(text)).collect::<Result<_, _>>();
        if !table.push(cells.map_err(failed)?) {
            break;
        }
    }
    Ok(table.finish())
}

/// A value as text.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })),
    }
}

/// Nearly every error is the statement's fault: it cannot damage anything.
fn of_error(query: &ReportQuery, error: Error) -> PortError {
    match (error.sqlite_error_code(), error) {
        (Some(ErrorCode::OperationInterrupted), _) => query.too_slow(),
        (
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen,
            ),
            error,
        ) => PortError::Unavailable { what: REPORT, reason: error.to_string() },
        (_, Error::SqlInputError { msg, offset, sql, .. }) => {
            // Of the statement that is being prepared, which is the rest of the text.
            let before = query.sql.len().saturating_sub(sql.len());
            match usize::try_from(offset) {
                Ok(offset) => ReportQuery::refused(format!("{}: {msg}", query.place(before + offset))),
                Err(_) => ReportQuery::refused(msg),
            }
        }
        (_, Error::SqliteFailure(error, message)) => {
            ReportQuery::refused(message.unwrap_or_else(|| error.to_string()))
        }
        (_, error) => ReportQuery::refused(error.to_string()),
    }
}
