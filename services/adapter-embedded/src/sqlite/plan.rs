//! How SQLite goes about a statement, for tests that hold it to an index.

use rusqlite::Connection;

/// The steps of the plan for `sql`, whatever is bound to its parameters.
pub(crate) fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
}
