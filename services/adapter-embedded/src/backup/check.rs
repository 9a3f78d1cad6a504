//! Compares the files of a backup with its manifest.

use super::error::BackupError;
use super::manifest::{BackedUpFile, Manifest};
use super::{Progress, Report, Step, file};
use std::path::Path;

/// Checks that every file is there and is the one that was backed up.
pub(super) fn check(dir: &Path, manifest: &Manifest, report: &mut Report<'_>) -> Result<(), BackupError> {
    let (mut done, total) = (0, manifest.bytes());
    for listed in &manifest.files {
        let path = dir.join(&listed.path);
        let size = path.symlink_metadata().map_err(BackupError::file(&path))?.len();
        if size != listed.bytes {
            let reason =
                format!("has {size} bytes, the manifest says {}: the backup is damaged", listed.bytes);
            return Err(BackupError::damaged(&path, reason));
        }
        let contents = file::hash(&path, |bytes| {
            done += bytes;
            report(Progress { step: Step::Checking, file: &listed.path, done, total });
        })?;
        compare(&path, listed, &contents)?;
    }
    Ok(())
}

/// Checks what was read from a file.
pub(super) fn compare(path: &Path, listed: &BackedUpFile, read: &file::Contents) -> Result<(), BackupError> {
    if read.bytes == listed.bytes && read.sha256 == listed.sha256 {
        return Ok(());
    }
    let reason = format!(
        "has {} bytes and SHA-256 {}, the manifest says {} and {}: the backup is damaged",
        read.bytes, read.sha256, listed.bytes, listed.sha256
    );
    Err(BackupError::damaged(path, reason))
}
