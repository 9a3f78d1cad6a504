//! When an installation was last backed up: a file in its data directory, for the running process to show.

use super::error::BackupError;
use super::manifest::Manifest;
use std::fs::{self, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tempfile::Builder;
use watchkeeper_domain::Timestamp;

/// The file. It is no data, and not part of a backup.
pub(super) const NAME: &str = "last-backup";
/// Another user may back up than the one whose process shows it.
const MODE: u32 = 0o644;
/// Longest text that is read; a time has about 30 bytes.
const MAX_BYTES: u64 = 64;

/// Records that a backup of `data_dir` was taken.
///
/// # Errors
/// If the directory cannot be written to.
pub fn note_taken(data_dir: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let path = data_dir.join(NAME);
    let write = || -> io::Result<()> {
        let mut file = Builder::new().permissions(Permissions::from_mode(MODE)).tempfile_in(data_dir)?;
        writeln!(file, "{}", manifest.began_at)?;
        // The umask may have taken away what others need.
        file.as_file().set_permissions(Permissions::from_mode(MODE))?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(BackupError::file(&path))
}

/// When the last backup of `data_dir` began; `None` if there was none, or it cannot be read.
pub fn last_taken(data_dir: &Path) -> Option<Timestamp> {
    let mut text = String::new();
    fs::File::open(data_dir.join(NAME)).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    text.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_last_backup_is_read_again_and_an_unreadable_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last_taken(dir.path()), None);
        for began_at in ["2026-11-20T10:00:00Z", "2026-11-21T10:00:00.123456Z"] {
            note_taken(dir.path(), &Manifest::new(began_at.to_owned(), String::new())).unwrap();
            assert_eq!(last_taken(dir.path()), Some(began_at.parse().unwrap()));
        }
        let mode = dir.path().join(NAME).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        fs::write(dir.path().join(NAME), "x".repeat(1_000)).unwrap();
        assert_eq!(last_taken(dir.path()), None);
        let absent = note_taken(&dir.path().join("absent"), &Manifest::new("a".into(), "b".into()));
        assert!(absent.unwrap_err().to_string().contains("/absent/last-backup: "));
    }
}
