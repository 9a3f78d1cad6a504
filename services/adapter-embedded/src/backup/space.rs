//! Checks the free space of a disk before much is written.

use super::error::BackupError;
use std::path::Path;

/// What a file system needs besides the contents of files, in bytes.
const MARGIN: u64 = 1 << 20;

/// Checks that the file system of `dir` has room for `bytes`.
pub(super) fn check(dir: &Path, bytes: u64) -> Result<(), BackupError> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| BackupError::file(dir)(error.into()))?;
    enough(dir, disk.f_bavail.saturating_mul(disk.f_frsize), bytes.saturating_add(MARGIN))
}

fn enough(dir: &Path, free: u64, needed: u64) -> Result<(), BackupError> {
    if needed <= free {
        return Ok(());
    }
    Err(BackupError::Refused(format!(
        "not enough free space on the file system of {}: {} needed, {} available",
        dir.display(),
        mebibytes(needed, u64::div_ceil),
        mebibytes(free, |bytes, unit| bytes / unit),
    )))
}

fn mebibytes(bytes: u64, rounded: fn(u64, u64) -> u64) -> String {
    format!("{} MiB", rounded(bytes, 1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_too_small_is_refused_with_figures() {
        let dir = Path::new("/backups");
        enough(dir, 5, 5).unwrap();
        let error = enough(dir, (3 << 20) - 1, (3 << 20) + 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "not enough free space on the file system of /backups: 4 MiB needed, 2 MiB available"
        );
        check(Path::new("/"), u64::MAX).unwrap_err();
    }
}
