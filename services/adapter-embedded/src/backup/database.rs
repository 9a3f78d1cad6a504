//! Copies a database.

use super::error::BackupError;
use super::file;
use super::manifest::Position;
use super::pinned::{BUS, Pinned};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;

/// Pages that are copied at once: 4 MiB.
const STEP_PAGES: i32 = 1024;

/// Copies a database to `to` as one file, durably. `done` gets the bytes of each step.
pub(super) fn copy(
    pinned: &Pinned,
    positions: &[Position],
    to: &Path,
    done: impl FnMut(u64),
) -> Result<(), BackupError> {
    drop(file::create(to)?);
    copy_pages(pinned, to, done)?;
    let complete = || {
        let conn = open(to)?;
        if pinned.file.name == Path::new(BUS) {
            hold_back(&conn, positions)?;
        }
        // One file without a write-ahead log, so that a tool that copies it copies all of it.
        let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
        debug_assert_eq!(mode, "delete");
        conn.close().map_err(|(_, error)| error)
    };
    complete().map_err(BackupError::database(to))?;
    std::fs::File::open(to).and_then(|copy| copy.sync_all()).map_err(BackupError::file(to))
}

fn copy_pages(pinned: &Pinned, to: &Path, mut done: impl FnMut(u64)) -> Result<(), BackupError> {
    let source = pinned.file.path.as_path();
    let create = || -> rusqlite::Result<Connection> {
        let copy = open(to)?;
        // An unfinished copy is deleted, so it needs no journal.
        copy.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        Ok(copy)
    };
    let mut copy = create().map_err(BackupError::database(to))?;
    // A full disk is that of the copy; what else fails is in the database.
    let failed = |error: rusqlite::Error| {
        let is_full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        BackupError::database(if is_full { to } else { source })(error)
    };
    let backup = Backup::new(&pinned.conn, &mut copy).map_err(failed)?;
    let mut before = 0;
    loop {
        let stepped = backup.step(STEP_PAGES).map_err(failed)?;
        let progress = backup.progress();
        let pages = u64::try_from(progress.pagecount - progress.remaining).unwrap_or_default();
        let bytes = share(pinned.bytes, pages, u64::try_from(progress.pagecount).unwrap_or_default());
        done(bytes.saturating_sub(before));
        before = bytes;
        match stepped {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Neither side is shared with anybody who locks it for writing.
            locked => {
                let reason = format!("cannot be copied: it is locked ({locked:?}); try again");
                return Err(BackupError::damaged(source, reason));
            }
        }
    }
}

/// The bytes of `pages` of a database with `all` pages. The product may exceed 64 bits.
fn share(bytes: u64, pages: u64, all: u64) -> u64 {
    let share = (u128::from(bytes) * u128::from(pages)).checked_div(u128::from(all)).unwrap_or_default();
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// Sets what groups have committed back to the positions of the backup.
fn hold_back(bus: &Connection, positions: &[Position]) -> rusqlite::Result<()> {
    let mut set = bus.prepare(
        "UPDATE positions SET next = ?3
         WHERE group_name = ?2 AND next > ?3 AND topic_id = (SELECT id FROM topics WHERE name = ?1)",
    )?;
    for Position { group, topic, next, low, .. } in positions {
        set.execute((topic, group, next.max(low)))?;
    }
    Ok(())
}

/// Checks that the copy of the database `source` is whole. If not, neither is `source`, which errors name: the copy
/// is deleted.
pub(super) fn check(copy: &Path, source: &Path) -> Result<(), BackupError> {
    let found = || -> rusqlite::Result<String> {
        let conn = open(copy)?;
        conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
    };
    let found = found().map_err(BackupError::database(source))?;
    if found == "ok" {
        return Ok(());
    }
    Err(BackupError::damaged(source, format!("the database is corrupt: {found}")))
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_of_a_database_of_any_size_is_computed() {
        assert_eq!(share(4096, 1, 4), 1024);
        assert_eq!(share(0, 0, 0), 0);
        assert_eq!(share(u64::MAX, 1 << 31, 1 << 31), u64::MAX);
    }
}
