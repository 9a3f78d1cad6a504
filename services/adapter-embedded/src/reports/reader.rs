//! A connection that can only read the views.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for a lock that another process (an operator's `sqlite3`) holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Steps of SQLite's virtual machine between checks whether to end.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// Longest text that a statement may make, in bytes: somewhat longer than an answer may be.
const MAX_TEXT_BYTES: i32 = 4 * 1024 * 1024;

/// What may be read: the views, the tables behind them, and the functions that are tables of the parts of JSON.
const READABLE: [&str; 11] = [
    "events",
    "event_counts",
    "sample_values",
    "services",
    "hosts",
    "counts",
    "count_keys",
    "samples",
    "series",
    "json_each",
    "json_tree",
];
/// Functions that do more than compute.
const NO_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];

/// Opens both databases for a statement that ends when `must_end`.
pub(super) fn open(
    events: &Path,
    samples: &Path,
    must_end: impl FnMut() -> bool + Send + 'static,
) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(events, flags)?;
    conn.busy_timeout(LOCK_WAIT)?;
    let samples = samples.to_str().ok_or_else(|| Error::InvalidPath(samples.to_owned()))?;
    // It is opened with the flags of the first.
    conn.execute("ATTACH ?1 AS store", [samples])?;
    conn.execute_batch(include_str!("views.sql"))?;
    conn.execute_batch("PRAGMA query_only = ON")?;
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_TEXT_BYTES)?;
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1)?;
    conn.progress_handler(STEPS_BETWEEN_LOOKS, Some(must_end))?;
    conn.authorizer(Some(
        |context: AuthContext<'_>| {
            if may(&context.action) { Authorization::Allow } else { Authorization::Deny }
        },
    ))?;
    Ok(conn)
}

/// Whether a report may do it.
fn may(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !NO_FUNCTIONS.iter().any(|name| name.eq_ignore_ascii_case(function_name))
        }
        AuthAction::Read { table_name, .. } => {
            READABLE.iter().any(|name| name.eq_ignore_ascii_case(table_name))
        }
        _ => false,
    }
}
