//! Finds the files of a data directory.

use super::error::BackupError;
use super::{last, manifest};
use std::ffi::OsStr;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// Most directories below each other: the data directory has a Maildir, `mail/new`.
const MAX_DEPTH: usize = 8;
/// Most files: each has a line in the manifest.
const MAX_FILES: usize = 1_000_000;

/// A file to back up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Its path in the backup.
    pub(super) name: PathBuf,
    /// Where it is.
    pub(super) path: PathBuf,
    pub(super) is_database: bool,
}

/// All files in `dir` and below, with `prefix` before their names, in order. Symbolic links are followed. Not those
/// that SQLite keeps beside a database, locks, half-written mail, and what is no file.
pub(super) fn files(dir: &Path, prefix: &Path) -> Result<Vec<Found>, BackupError> {
    let mut found = Vec::new();
    walk(dir, prefix, 0, MAX_FILES, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(
    dir: &Path,
    prefix: &Path,
    depth: usize,
    most: usize,
    found: &mut Vec<Found>,
) -> Result<(), BackupError> {
    let entries = match fs::read_dir(dir) {
        // A directory that has just gone, or the data directory of an installation that keeps its files elsewhere.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(BackupError::file(dir))?,
    };
    for entry in entries {
        let entry = entry.map_err(BackupError::file(dir))?;
        let (path, name) = (entry.path(), prefix.join(entry.file_name()));
        let Some(kind) = kind_of(&entry, &path)? else { continue };
        if kind.is_dir() {
            if is_half_written(&name) {
                continue;
            }
            if depth == MAX_DEPTH {
                let reason =
                    format!("is more than {MAX_DEPTH} directories deep: move it out of the data directory");
                return Err(BackupError::damaged(&path, reason));
            }
            walk(&path, &name, depth + 1, most, found)?;
        } else if kind.is_file() && is_data(&name) {
            if found.len() == most {
                return Err(BackupError::Refused(format!(
                    "{} has more than {most} files, the limit of a backup: delete old mail, or move it elsewhere",
                    dir.display()
                )));
            }
            let is_database = path.extension() == Some(OsStr::new("db"));
            found.push(Found { name, path, is_database });
        }
    }
    Ok(())
}

/// What an entry is, or what it links to. `None` if it has just gone.
fn kind_of(entry: &DirEntry, path: &Path) -> Result<Option<FileType>, BackupError> {
    let kind = match entry.file_type() {
        Ok(kind) if kind.is_symlink() => fs::metadata(path).map(|metadata| metadata.file_type()),
        kind => kind,
    };
    match kind {
        Ok(kind) => Ok(Some(kind)),
        // What it led to may be data, so it is not left out silently.
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
            Err(BackupError::Refused(format!(
                "{} is a symbolic link to something that does not exist: remove it, or restore its target",
                path.display()
            )))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupError::file(path)(error)),
    }
}

/// The directory of a Maildir in which mail is being written.
fn is_half_written(name: &Path) -> bool {
    name.ends_with("mail/tmp")
}

fn is_data(name: &Path) -> bool {
    let text = name.as_os_str().as_encoded_bytes();
    let is_temporary = [".lock", "-wal", "-shm", "-journal"].iter().any(|end| text.ends_with(end.as_bytes()));
    !is_temporary && ![manifest::NAME, last::NAME].iter().any(|&other| name == Path::new(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(dir: &Path) -> Vec<String> {
        let found = files(dir, Path::new("")).unwrap();
        found
            .iter()
            .map(|file| {
                format!("{}{}", file.name.display(), if file.is_database { " (database)" } else { "" })
            })
            .collect()
    }

    #[test]
    fn data_is_found_and_what_is_temporary_is_not() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["mail/new", "mail/tmp", "spool"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        for name in [
            "store.db",
            "store.db-wal",
            "store.db-shm",
            "store.lock",
            "spool/bus.db",
            "spool/bus.lock",
            "mail/new/a",
            "mail/tmp/b",
            "manifest.json",
            "last-backup",
            "other",
        ] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let expected = ["mail/new/a", "other", "spool/bus.db (database)", "store.db (database)"];
        assert_eq!(names(dir.path()), expected);
        assert!(names(&dir.path().join("absent")).is_empty());
    }

    #[test]
    fn links_to_files_and_directories_are_followed_and_one_that_leads_nowhere_is_refused() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (data, target) = (dir.path(), elsewhere.path());
        for name in ["bus.db", "store.db"] {
            fs::write(target.join(name), "").unwrap();
        }
        symlink(target, data.join("spool")).unwrap();
        symlink(target.join("store.db"), data.join("store.db")).unwrap();
        // Neither a file nor a directory.
        symlink("/dev/null", data.join("null")).unwrap();
        let expected = ["spool/bus.db (database)", "spool/store.db (database)", "store.db (database)"];
        assert_eq!(names(data), expected);
        fs::remove_file(target.join("store.db")).unwrap();
        let error = files(data, Path::new("")).unwrap_err().to_string();
        let expected = format!(
            "{} is a symbolic link to something that does not exist: remove it, or restore its target",
            data.join("store.db").display()
        );
        assert_eq!(error, expected);
    }

    #[test]
    fn a_link_to_a_directory_above_it_is_followed_to_the_limit_only() {
        let dir = tempfile::tempdir().unwrap();
        symlink(dir.path(), dir.path().join("loop")).unwrap();
        let error = files(dir.path(), Path::new("")).unwrap_err().to_string();
        assert!(error.contains("is more than 8 directories deep"), "{error}");
    }

    #[test]
    fn more_files_than_the_limit_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let within = |most| walk(dir.path(), Path::new(""), 0, most, &mut Vec::new());
        within(3).unwrap();
        let error = within(2).unwrap_err().to_string();
        assert!(error.contains("has more than 2 files, the limit of a backup"), "{error}");
    }

    #[test]
    fn directories_are_followed_to_the_limit_and_deeper_ones_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d/".repeat(MAX_DEPTH));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "").unwrap();
        assert_eq!(names(dir.path()).len(), 1);
        fs::create_dir(deep.join("d")).unwrap();
        let error = files(dir.path(), Path::new("")).unwrap_err().to_string();
        assert!(error.contains("is more than 8 directories deep"), "{error}");
    }
}
