//! Migrates a database file to the schema of this program.

use super::error::Error;
use rusqlite::{Connection, TransactionBehavior};

/// Runs the steps that are new to `conn`, each in its own transaction; `user_version` counts them.
///
/// A file with more steps than this program has is refused: an older program would misread it.
pub(super) fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<(), Error> {
    let done: usize = conn.query_row("SELECT user_version FROM pragma_user_version", [], |row| row.get(0))?;
    if done > steps.len() {
        return Err(Error::Broken(format!(
            "the file has schema version {done}, this program knows versions up to {}: run a newer one",
            steps.len()
        )));
    }
    for (index, step) in steps.iter().enumerate().skip(done) {
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.execute_batch(&format!("PRAGMA user_version = {}", index + 1))?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [&str; 2] = ["CREATE TABLE a(x)", "CREATE TABLE b(x)"];

    #[test]
    fn each_step_runs_once() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &STEPS[..1]).unwrap();
        migrate(&mut conn, &STEPS).unwrap();
        migrate(&mut conn, &STEPS).unwrap();
        conn.execute_batch("SELECT * FROM a, b").unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &[STEPS[0], "CREATE TABLE b(x); CREATE TABLE a(x)"]).unwrap_err();
        migrate(&mut conn, &STEPS).unwrap();
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate(&mut conn, &STEPS).unwrap();
        let error = migrate(&mut conn, &STEPS[..1]).unwrap_err();
        let expected = "the file has schema version 2, this program knows versions up to 1: run a newer one";
        assert_eq!(error, Error::Broken(expected.into()));
    }
}
