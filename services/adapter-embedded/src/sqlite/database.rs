//! One database file: locking, writing, reading.

use super::error::Error;
use super::readers::Readers;
use super::writer::{Memory, Writer};
use super::{connection, directory, migrate};
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::PortError;

/// An open database file. Dropping it waits until pending writes are done and the file is closed.
pub(crate) struct Database<M> {
    name: &'static str,
    // Drop order: the last connection to close does the final checkpoint, and the lock is held until then.
    readers: Readers,
    writer: Writer<M>,
    _lock: File,
}

impl<M: Memory> Database<M> {
    /// Opens `<name>.db` in `dir`, and creates both if need be. `memory` loads what the writer keeps in
    /// memory from the file. Blocks.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] while another process has it open; [`PortError::Broken`] if the file
    /// is damaged, of a newer version, or cannot be created.
    pub(crate) fn open(
        dir: &Path,
        name: &'static str,
        migrations: &[&str],
        memory: impl FnOnce(&Connection) -> Result<M, Error>,
    ) -> Result<Self, PortError> {
        let open = || {
            directory::create(dir)?;
            let lock = directory::lock(dir, name)?;
            let path = dir.join(format!("{name}.db"));
            directory::create_file(&path)?;
            let mut conn = connection::open_writer(&path)?;
            migrate::migrate(&mut conn, migrations)?;
            let memory = memory(&conn)?;
            let writer = Writer::start(name, conn, memory)
                .map_err(|error| Error::Unavailable(format!("cannot start its writer: {error}")))?;
            Ok(Self { name, readers: Readers::of(path), writer, _lock: lock })
        };
        open().map_err(|error: Error| error.of(name))
    }

    /// Runs `work` in a transaction and returns when that is durable. If `work` fails, it is rolled back.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut M) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, PortError> {
        self.writer.write(work).await.map_err(|error| error.of(self.name))
    }

    /// Runs `work` on one snapshot of the file. Interrupted if the caller is dropped.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, PortError> {
        self.readers.read(work).await.map_err(|error| error.of(self.name))
    }

    /// Like [`Self::read`], for slow work: it leaves a reader to the others.
    pub(crate) async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, PortError> {
        self.readers.read_long(work).await.map_err(|error| error.of(self.name))
    }

    /// Health check: returns `Ok` if the file accepts writes.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        self.write(|conn, _| write_check(conn, Timestamp::now())).await
    }
}

/// Writes a row, because only that reveals a full or failing disk. The file must have the table of
/// `check.sql`.
fn write_check(conn: &Connection, now: Timestamp) -> Result<(), Error> {
    conn.prepare_cached(
        "INSERT INTO checks (id, at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET at = excluded.at",
    )?
    .execute([now.as_micros()])?;
    Ok(())
}
