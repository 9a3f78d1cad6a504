//! Copies and hashes files.

use super::error::BackupError;
use data_encoding::HEXLOWER;
use ring::digest::{Context, SHA256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;
/// Accessible to the owner only.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// The size and the hash of what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// Creates a file that only its owner can read, and the directories that lead to it.
pub(super) fn create(path: &Path) -> Result<File, BackupError> {
    if let Some(dir) = path.parent() {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(dir).map_err(BackupError::file(dir))?;
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(BackupError::file(path))
}

/// Copies a file durably.
pub(super) fn copy(
    from: File,
    from_path: &Path,
    to: &Path,
    done: impl FnMut(u64),
) -> Result<Contents, BackupError> {
    let mut copy = create(to)?;
    let contents = read(from, from_path, done, |chunk| copy.write_all(chunk).map_err(BackupError::file(to)))?;
    copy.sync_all().map_err(BackupError::file(to))?;
    Ok(contents)
}

/// Hashes a file.
pub(super) fn hash(path: &Path, done: impl FnMut(u64)) -> Result<Contents, BackupError> {
    let file = File::open(path).map_err(BackupError::file(path))?;
    read(file, path, done, |_| Ok(()))
}

fn read(
    mut file: File,
    path: &Path,
    mut done: impl FnMut(u64),
    mut each: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Contents, BackupError> {
    let (mut sha256, mut bytes, mut chunk) = (Context::new(&SHA256), 0, vec![0; CHUNK]);
    loop {
        let read = file.read(&mut chunk).map_err(BackupError::file(path))?;
        if read == 0 {
            return Ok(Contents { bytes, sha256: HEXLOWER.encode(sha256.finish().as_ref()) });
        }
        sha256.update(&chunk[..read]);
        each(&chunk[..read])?;
        bytes += read as u64;
        done(read as u64);
    }
}

/// Makes the entries of a directory durable.
pub(super) fn sync_directory(dir: &Path) -> Result<(), BackupError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(BackupError::file(dir))
}

/// Makes the entries of a directory and of all directories below it durable.
pub(super) fn sync_directories(dir: &Path) -> Result<(), BackupError> {
    for entry in fs::read_dir(dir).map_err(BackupError::file(dir))? {
        let entry = entry.map_err(BackupError::file(dir))?;
        let path = entry.path();
        if entry.file_type().map_err(BackupError::file(&path))?.is_dir() {
            sync_directories(&path)?;
        }
    }
    sync_directory(dir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_copy_is_its_owners_alone_and_hashed_as_it_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("a/b/to"));
        fs::write(&from, "abc").unwrap();
        let mut done = 0;
        let contents = copy(File::open(&from).unwrap(), &from, &to, |bytes| done += bytes).unwrap();
        // The test vector of FIPS 180-2, B.1.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(contents, Contents { bytes: 3, sha256: sha256.into() });
        assert_eq!((done, hash(&to, |_| {}).unwrap()), (3, contents));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&to), mode(&dir.path().join("a"))), (0o600, 0o700));
        let error = create(&to).unwrap_err().to_string();
        assert!(error.contains("exists"), "{error}");
    }
}
