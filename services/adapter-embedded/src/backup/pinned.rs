//! Databases, each read as it is at one moment.

use super::error::BackupError;
use super::find::Found;
use super::manifest::Position;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long to wait for a lock of the running process.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// How often the moments are taken again because the bus has pruned meanwhile. It prunes once a minute, or
/// when its backlog is full.
const MAX_ATTEMPTS: usize = 10;

/// The bus of an installation, in the data directory. The one of a spool is in a directory of its own.
pub(super) const BUS: &str = "bus.db";
/// The databases that are read first, in this order; see [`super`] for why. The bus is the last of all.
const FIRST: [&str; 4] = ["rollups.db", "alerts.db", "store.db", "events.db"];
/// The databases that have positions of the bus.
const WITH_POSITIONS: [&str; 3] = ["alerts.db", "store.db", "events.db"];

/// A database in a read transaction: it shows what it had when that began.
pub(super) struct Pinned {
    pub(super) file: Found,
    pub(super) conn: Connection,
    pub(super) bytes: u64,
}

/// All databases, and the positions in them.
pub(super) struct AllPinned {
    pub(super) databases: Vec<Pinned>,
    pub(super) positions: Vec<Position>,
}

/// Pins all databases, so that the positions in them fit the bus.
pub(super) fn pin(files: &[Found]) -> Result<AllPinned, BackupError> {
    let mut files = files.to_vec();
    files.sort_by_key(|file| rank(&file.name));
    for _ in 0..MAX_ATTEMPTS {
        if let Some(pinned) = pin_once(&files)? {
            return Ok(pinned);
        }
    }
    Err(BackupError::Refused(format!(
        "the bus removed records while the backup was starting, {MAX_ATTEMPTS} times in a row, because its backlog is \
         full; try again once the consumers have caught up, or raise max_backlog in [backends.embedded]"
    )))
}

fn rank(name: &Path) -> usize {
    let first = FIRST.iter().position(|first| name == Path::new(first));
    first.unwrap_or(if name == Path::new(BUS) { FIRST.len() + 1 } else { FIRST.len() })
}

/// `None` if the bus has pruned records that a position of the others needs.
fn pin_once(files: &[Found]) -> Result<Option<AllPinned>, BackupError> {
    let bus = files.iter().find(|file| file.name == Path::new(BUS));
    let before = bus.map(|bus| pinned(bus).and_then(|bus| topics(&bus))).transpose()?.unwrap_or_default();
    let databases = files.iter().map(pinned).collect::<Result<Vec<_>, _>>()?;
    let topics = match databases.iter().find(|pinned| pinned.file.name == Path::new(BUS)) {
        Some(bus) => topics(bus)?,
        None => Vec::new(),
    };
    let mut positions = Vec::new();
    for database in &databases {
        if WITH_POSITIONS.iter().any(|name| database.file.name == Path::new(name)) {
            positions.extend(positions_in(database, &topics)?);
        }
    }
    let low_before =
        |position: &Position| before.iter().find(|topic| topic.name == position.topic).map(|topic| topic.low);
    // A position that was below the low watermark all along belongs to a group that has expired.
    let is_complete = positions
        .iter()
        .all(|position| position.low <= position.next || low_before(position) == Some(position.low));
    Ok(is_complete.then_some(AllPinned { databases, positions }))
}

fn pinned(file: &Found) -> Result<Pinned, BackupError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&file.path, flags)?;
        conn.busy_timeout(LOCK_WAIT)?;
        conn.execute_batch("BEGIN")?;
        // The transaction begins with the first read.
        let bytes = conn.query_row(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            [],
            |row| row.get(0),
        )?;
        let _: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(Pinned { file: file.clone(), conn, bytes })
    };
    open().map_err(BackupError::database(&file.path))
}

/// A topic of the bus.
struct Topic {
    id: String,
    name: String,
    low: u64,
    high: u64,
}

fn topics(bus: &Pinned) -> Result<Vec<Topic>, BackupError> {
    if !has_table(bus, "topics")? {
        return Ok(Vec::new());
    }
    rows(bus, "SELECT topic_id, name, earliest, end FROM topics", |row| {
        Ok(Topic { id: row.get(0)?, name: row.get(1)?, low: row.get(2)?, high: row.get(3)? })
    })
}

/// The positions in topics of this bus. Those in others are of a bus that was replaced.
fn positions_in(database: &Pinned, topics: &[Topic]) -> Result<Vec<Position>, BackupError> {
    if !has_table(database, "positions")? {
        return Ok(Vec::new());
    }
    let query = "SELECT group_name, topic, topic_id, next FROM positions ORDER BY topic, group_name";
    let positions = rows(database, query, |row| {
        let (topic, id): (String, String) = (row.get(1)?, row.get(2)?);
        // A position of an earlier version has no ID.
        let Some(of) = topics.iter().find(|of| of.name == topic && (id.is_empty() || of.id == id)) else {
            return Ok(None);
        };
        let (file, group, next) = (database.file.name.clone(), row.get(0)?, row.get(3)?);
        Ok(Some(Position { file, group, topic, next, low: of.low, high: of.high }))
    })?;
    Ok(positions.into_iter().flatten().collect())
}

fn has_table(database: &Pinned, name: &str) -> Result<bool, BackupError> {
    database
        .conn
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
            [name],
            |row| row.get(0),
        )
        .map_err(BackupError::database(&database.file.path))
}

fn rows<T>(
    database: &Pinned,
    query: &str,
    row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, BackupError> {
    let read = || -> rusqlite::Result<Vec<T>> { database.conn.prepare(query)?.query_map([], row)?.collect() };
    read().map_err(BackupError::database(&database.file.path))
}
