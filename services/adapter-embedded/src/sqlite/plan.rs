//! SQLite's query plans, for tests that require an index.

use rusqlite::Connection;

/// The query plan of `sql`, whatever its parameters.
pub(crate) fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
}
