//! Opens connections to a database file.

use super::error::Error;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for a lock that another process (an operator's `sqlite3`) holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// Page cache of the writer, in KiB: enough for the inner pages of every tree, small beside the program.
const WRITER_CACHE_KIB: u32 = 4096;
/// Page cache of each reader, in KiB; the kernel caches the file anyway.
const READER_CACHE_KIB: u32 = 512;
/// Pages (of 4 KiB) in the write-ahead log at which it is checkpointed. Four times SQLite's default, because
/// a batch over many series touches a page of each, and half of them again in the next.
const CHECKPOINT_PAGES: u32 = 4000;
/// Bytes of the file of the write-ahead log that are kept when it begins anew after a checkpoint: those of a usual log, or
/// each would have to be allocated again. A log without new writes is emptied anyway ([`empty_log`]).
const KEPT_LOG_BYTES: u32 = 2 * 4096 * CHECKPOINT_PAGES;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 32;

/// The only connection that writes: write-ahead log, and an `fsync` in every commit.
pub(super) fn open_writer(path: &Path) -> Result<Connection, Error> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(LOCK_WAIT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
         PRAGMA journal_size_limit = {KEPT_LOG_BYTES};
         PRAGMA cache_size = -{WRITER_CACHE_KIB};"
    ))?;
    Ok(conn)
}

/// Writes the write-ahead log into the database file and empties it, so that the file has everything. Does not
/// wait for readers: returns `false` if one of them still needs the log.
pub(super) fn empty_log(conn: &Connection) -> Result<bool, Error> {
    conn.busy_timeout(Duration::ZERO)?;
    let is_busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(LOCK_WAIT)?;
    Ok(!is_busy?)
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(LOCK_WAIT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.execute_batch(&format!("PRAGMA cache_size = -{READER_CACHE_KIB};"))?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_synchronous_and_logged_ahead() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open_writer(&dir.path().join("store.db")).unwrap();
        let pragma = |name: &str| -> String {
            conn.query_row(&format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"), [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(pragma("journal_mode"), "wal");
        let full = "2";
        assert_eq!(pragma("synchronous"), full);
    }

    #[test]
    fn an_emptied_log_is_in_the_file_and_one_that_is_read_is_emptied_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let conn = open_writer(&path).unwrap();
        conn.execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1)").unwrap();
        let log_bytes = || dir.path().join("store.db-wal").metadata().unwrap().len();
        let reader = open_reader(&path).unwrap();
        reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
        conn.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        assert_eq!(empty_log(&conn), Ok(false));
        assert!(log_bytes() > 0);
        reader.execute_batch("COMMIT").unwrap();
        assert_eq!((empty_log(&conn), log_bytes()), (Ok(true), 0));
        let copy = dir.path().join("copy.db");
        std::fs::copy(&path, &copy).unwrap();
        let rows =
            |conn: &Connection| conn.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, u32>(0));
        assert_eq!(rows(&Connection::open(&copy).unwrap()), Ok(2));
    }

    #[test]
    fn a_reader_cannot_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        open_writer(&path).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
        let reader = open_reader(&path).unwrap();
        reader.execute_batch("INSERT INTO t VALUES (1)").unwrap_err();
    }
}
