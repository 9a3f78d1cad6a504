//! Counters whose numbers are never reused.

use crate::sqlite::Error;
use rusqlite::Connection;

/// What is counted, each from 1.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    Evaluations,
    Plans,
}

impl Counter {
    /// The next number; a rollback undoes it.
    pub(super) fn next(self, conn: &Connection) -> Result<u64, Error> {
        let name = match self {
            Self::Evaluations => "evaluations",
            Self::Plans => "plans",
        };
        let next = conn
            .prepare_cached(
                "INSERT INTO counters (name, count) VALUES (?1, 1)
                 ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
            )?
            .query_row([name], |row| row.get(0))?;
        Ok(next)
    }
}
