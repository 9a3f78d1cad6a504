//! The directory of the database files, and the lock of each file.
//!
//! Files created here are accessible to their owner only. Existing files keep their mode.

use super::error::Error;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process;

/// Accessible to the owner only.
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Creates the directory if it does not exist.
pub(super) fn create(dir: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(dir)
        .map_err(|error| Error::Broken(format!("cannot create {}: {error}", dir.display())))
}

/// Locks the database `name` for as long as the file stays open; the lock is released even if the process is
/// killed. It is a separate file, because closing a second handle of a database file would drop SQLite's own
/// locks. It holds the process ID, for the error of the next process.
pub(super) fn lock(dir: &Path, name: &str) -> Result<File, Error> {
    let path = dir.join(format!("{name}.lock"));
    let mut file = open_or_create(&path)?;
    match file.try_lock() {
        Ok(()) => {
            // On a full disk the lock holds all the same.
            let _ = file.set_len(0).and_then(|()| write!(file, "{}", process::id()));
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).ok().and_then(|text| text.parse::<u32>().ok());
            let holder = holder.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
            Err(Error::Unavailable(format!("another Watchkeeper{holder} is using {}", dir.display())))
        }
        Err(TryLockError::Error(error)) => {
            Err(Error::Broken(format!("cannot lock {}: {error}", path.display())))
        }
    }
}

/// Creates the database file, if it does not exist, before SQLite does, which would make it readable to
/// everybody. SQLite creates its other files with the same mode. The caller has the lock and has not opened
/// the database yet.
pub(super) fn create_file(path: &Path) -> Result<(), Error> {
    open_or_create(path).map(drop)
}

fn open_or_create(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)
        .map_err(|error| Error::Broken(format!("cannot open {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_directory_is_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        create(&dir).unwrap();
        create(&dir).unwrap();
        assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_directory_that_cannot_be_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let Err(Error::Broken(reason)) = create(&file.path().join("a")) else {
            panic!("it cannot be created")
        };
        assert!(reason.starts_with("cannot create /"), "{reason}");
    }

    #[test]
    fn a_lock_is_held_until_its_file_is_closed_and_names_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bus.lock"), "1234567890").unwrap();
        let first = lock(dir.path(), "bus").unwrap();
        let Err(Error::Unavailable(reason)) = lock(dir.path(), "bus") else { panic!("it is taken") };
        let (pid, place) = (process::id(), dir.path().display());
        assert_eq!(reason, format!("another Watchkeeper (pid {pid}) is using {place}"));
        lock(dir.path(), "store").unwrap();
        drop(first);
        lock(dir.path(), "bus").unwrap();
    }
}
