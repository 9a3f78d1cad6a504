//! Restores a backup.

use super::error::BackupError;
use super::manifest::Manifest;
use super::{Progress, Report, Step, check, file, space, take};
use rustix::fs::{CWD, RenameFlags};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use watchkeeper_domain::Timestamp;

/// Most names to try for the data that a directory had before: one second has few restores.
const MAX_NAMES: usize = 100;

/// What a restore has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The backup.
    pub manifest: Manifest,
    /// Where the data is now that the directory had before.
    pub kept: Option<PathBuf>,
}

/// Restores the backup in `from` to the data directory `to`, which changes in one step when everything is copied
/// and compared. With `force`, `to` may have data, which is kept beside it. Blocks.
///
/// # Errors
/// If the backup is damaged; if `to` is in use or a mount point, or has data and `force` is not set; if the disk is
/// too small. `to` is then unchanged. If `to` was replaced, but perhaps not durably: the text says so.
pub fn restore(
    from: &Path,
    to: &Path,
    force: bool,
    report: &mut Report<'_>,
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(from)?;
    check::check(from, &manifest, report)?;

    // A symbolic link stays one: systemd makes one of a StateDirectory.
    let to = &to.canonicalize().unwrap_or_else(|_| to.to_owned());
    let parent = to.parent().filter(|_| to.file_name().is_some()).ok_or_else(|| {
        BackupError::Refused(format!("{} cannot be replaced: name a directory in it", to.display()))
    })?;
    fs::create_dir_all(parent).map_err(BackupError::file(parent))?;
    refuse_mount_point(to, parent)?;
    let before = Before::of(to)?;
    if before.has_data && !force {
        return Err(BackupError::Refused(format!(
            "{} is not empty: name a new directory with --data-dir, or use --force to replace it",
            to.display()
        )));
    }
    space::check(parent, manifest.bytes())?;
    let copy = take::temporary_beside(to, parent)?;
    copy_files(from, copy.path(), &manifest, report)?;
    if let Some(owner) = before.owner {
        give_to(copy.path(), owner)?;
    }
    let kept = swap(copy, to, parent, &before)?;
    Ok(Restored { manifest, kept })
}

/// A mount point cannot be renamed: it is refused before anything is copied.
fn refuse_mount_point(to: &Path, parent: &Path) -> Result<(), BackupError> {
    let device = match to.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata.map_err(BackupError::file(to))?.dev(),
    };
    if device == parent.metadata().map_err(BackupError::file(parent))?.dev() {
        return Ok(());
    }
    Err(BackupError::Refused(format!(
        "{} is a mount point and cannot be replaced: restore to a directory inside it, and use that with --data-dir",
        to.display()
    )))
}

/// The directory before the restore. Its locks are held, so that no process starts to use it.
struct Before {
    exists: bool,
    has_data: bool,
    /// The user and group that own it.
    owner: Option<(u32, u32)>,
    _locks: Vec<File>,
}

impl Before {
    fn of(dir: &Path) -> Result<Self, BackupError> {
        let metadata = match dir.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self { exists: false, has_data: false, owner: None, _locks: Vec::new() });
            }
            metadata => metadata.map_err(BackupError::file(dir))?,
        };
        let has_data = fs::read_dir(dir).map_err(BackupError::file(dir))?.next().is_some();
        let owner = Some((metadata.uid(), metadata.gid()));
        Ok(Self { exists: true, has_data, owner, _locks: take_locks(dir, dir)? })
    }
}

/// Takes the locks of all databases in `dir`, and in the directories of spools, which may be symbolic links.
fn take_locks(dir: &Path, data_dir: &Path) -> Result<Vec<File>, BackupError> {
    let mut locks = Vec::new();
    for entry in fs::read_dir(dir).map_err(BackupError::file(dir))? {
        let path = entry.map_err(BackupError::file(dir))?.path();
        if dir == data_dir && path.is_dir() {
            locks.extend(take_locks(&path, data_dir)?);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            let lock = OpenOptions::new().write(true).open(&path).map_err(BackupError::file(&path))?;
            match lock.try_lock() {
                Ok(()) => locks.push(lock),
                Err(TryLockError::WouldBlock) => {
                    return Err(BackupError::Refused(format!(
                        "{} is in use by another process: stop Watchkeeper first",
                        data_dir.display()
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(BackupError::file(&path)(error)),
            }
        }
    }
    Ok(locks)
}

fn copy_files(
    from: &Path,
    to: &Path,
    manifest: &Manifest,
    report: &mut Report<'_>,
) -> Result<(), BackupError> {
    let (mut done, total) = (0, manifest.bytes());
    for listed in &manifest.files {
        let path = from.join(&listed.path);
        let source = File::open(&path).map_err(BackupError::file(&path))?;
        let contents = file::copy(source, &path, &to.join(&listed.path), |bytes| {
            done += bytes;
            report(Progress { step: Step::Copying, file: &listed.path, done, total });
        })?;
        check::compare(&path, listed, &contents)?;
    }
    Ok(())
}

/// Gives the copy to the owner of the directory that it replaces: a restore by root is for the user of the service.
fn give_to(path: &Path, owner: (u32, u32)) -> Result<(), BackupError> {
    let metadata = path.symlink_metadata().map_err(BackupError::file(path))?;
    if (metadata.uid(), metadata.gid()) != owner {
        chown(path, Some(owner.0), Some(owner.1)).map_err(BackupError::file(path))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(BackupError::file(path))? {
            give_to(&entry.map_err(BackupError::file(path))?.path(), owner)?;
        }
    }
    Ok(())
}

/// Puts the copy in the place of the directory, in one step. Returns where the old one is now, if it had data.
fn swap(copy: TempDir, to: &Path, parent: &Path, before: &Before) -> Result<Option<PathBuf>, BackupError> {
    file::sync_directories(copy.path())?;
    if !before.has_data {
        // Replaces an empty directory, and no other.
        fs::rename(copy.path(), to).map_err(BackupError::file(to))?;
        let _ = copy.keep();
        sync_replaced(to, parent, None)?;
        return Ok(None);
    }
    debug_assert!(before.exists);
    let kept = free_name(to)?;
    rustix::fs::renameat_with(CWD, copy.path(), CWD, to, RenameFlags::EXCHANGE)
        .map_err(|error| BackupError::file(to)(error.into()))?;
    // From here on this is the old data.
    let old = copy.keep();
    // The data is restored: that the old one keeps its temporary name is no failure, and the caller learns the name.
    let kept = fs::rename(&old, &kept).map_or(old, |()| kept);
    sync_replaced(to, parent, Some(&kept))?;
    Ok(Some(kept))
}

/// Makes the replacement durable. An error must not look as if nothing had changed.
fn sync_replaced(to: &Path, parent: &Path, kept: Option<&Path>) -> Result<(), BackupError> {
    file::sync_directory(parent).map_err(|error| {
        let kept = kept.map(|kept| format!("; the data before is in {}", kept.display())).unwrap_or_default();
        BackupError::Refused(format!(
            "{} has been replaced, but a power failure may undo that: {error}{kept}",
            to.display()
        ))
    })
}

/// `DIR.before-restore-2026-11-30T10-00-00Z`, or with `-2`, `-3`, … behind it if that exists.
fn free_name(dir: &Path) -> Result<PathBuf, BackupError> {
    let now = Timestamp::now().to_string();
    let seconds = now.split('.').next().unwrap_or(&now).trim_end_matches('Z').replace(':', "-");
    free_among(dir, &format!(".before-restore-{seconds}Z"))
}

fn free_among(dir: &Path, ending: &str) -> Result<PathBuf, BackupError> {
    for number in 1..=MAX_NAMES {
        let mut name = dir.as_os_str().to_owned();
        name.push(ending);
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let name = PathBuf::from(name);
        match name.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(name),
            Err(error) => return Err(BackupError::file(&name)(error)),
            Ok(_) => {}
        }
    }
    Err(BackupError::Refused(format!(
        "{MAX_NAMES} names that begin with {}{ending} exist already: delete or move them",
        dir.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_data_gets_a_name_that_is_free_and_the_names_end() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("data");
        for number in 1..=MAX_NAMES {
            let expected = if number == 1 { "data.old".to_owned() } else { format!("data.old-{number}") };
            let name = free_among(&dir, ".old").unwrap();
            assert_eq!(name, parent.path().join(expected));
            fs::create_dir(name).unwrap();
        }
        let error = free_among(&dir, ".old").unwrap_err().to_string();
        assert!(error.ends_with("exist already: delete or move them"), "{error}");
    }

    #[test]
    fn a_mount_point_is_refused() {
        let error = refuse_mount_point(Path::new("/proc"), Path::new("/")).unwrap_err().to_string();
        let expected = "/proc is a mount point and cannot be replaced: restore to a directory inside it, and use that \
                        with --data-dir";
        assert_eq!(error, expected);
        let dir = tempfile::tempdir().unwrap();
        refuse_mount_point(&dir.path().join("absent"), dir.path()).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        refuse_mount_point(&dir.path().join("data"), dir.path()).unwrap();
    }
}
