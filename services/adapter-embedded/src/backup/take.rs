//! Takes a backup.

use super::error::BackupError;
use super::find::{self, Found};
use super::manifest::{self, BackedUpFile, Manifest};
use super::pinned::{self, Pinned};
use super::{Progress, Report, Step, database, file, space};
use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use watchkeeper_domain::Timestamp;

/// What to back up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSource {
    /// The data directory; all data in it is backed up.
    pub data_dir: PathBuf,
    /// Files and directories elsewhere: their path in the data directory after a restore, and where they are. They
    /// replace what the data directory has of the same name.
    pub elsewhere: Vec<(PathBuf, PathBuf)>,
}

/// Backs up an installation, whether it runs or not, into the new directory `to`, which appears when the backup is
/// complete and checked. Returns its manifest. Blocks.
///
/// Everything that was acknowledged before the call is in the backup. See the module for the reasons.
///
/// # Errors
/// If `to` exists and is not empty, or is in the data directory; if there is nothing to back up, or a location
/// elsewhere does not exist; if the disk is too small; if a file cannot be read, or is damaged.
pub fn take(source: &BackupSource, to: &Path, report: &mut Report<'_>) -> Result<Manifest, BackupError> {
    let began_at = Timestamp::now();
    let parent = check_destination(source, to)?;
    let databases: Vec<_> = find_all(source)?.into_iter().filter(|file| file.is_database).collect();
    let pinned::AllPinned { databases, positions } = pinned::pin(&databases)?;
    // Only now: see the module.
    let others: Vec<_> = find_all(source)?.into_iter().filter(|file| !file.is_database).collect();
    if databases.is_empty() && others.is_empty() {
        let dir = source.data_dir.display();
        return Err(BackupError::Refused(format!(
            "{dir} has no data: name another directory with --data-dir"
        )));
    }
    let total = databases.iter().map(|pinned| pinned.bytes).sum::<u64>() + size_of_all(&others);
    space::check(&parent, total)?;

    let partial = temporary_beside(to, &parent)?;
    let mut copying = Copying { into: partial.path(), total, copied: 0, report };
    let mut files = Vec::new();
    // The smallest first: while a database is pinned, its write-ahead log grows.
    let mut databases = databases;
    databases.sort_by_key(|pinned| pinned.bytes);
    for pinned in databases {
        database::copy(
            &pinned,
            &positions,
            &copying.into.join(&pinned.file.name),
            copying.meter(&pinned.file),
        )?;
        let Pinned { file, conn, .. } = pinned;
        drop(conn);
        files.push(file);
    }
    let mut manifest = Manifest::new(began_at.to_string(), String::new());
    for other in others {
        manifest.files.extend(copying.file(source, &other)?);
    }
    manifest.files.extend(check_databases(source, &files, partial.path(), report)?);
    manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
    manifest.positions = positions;
    manifest.finished_at = Timestamp::now().to_string();
    write_manifest(&manifest, partial.path())?;
    publish(partial, to, &parent)?;
    Ok(manifest)
}

fn find_all(source: &BackupSource) -> Result<Vec<Found>, BackupError> {
    let mut found = Vec::new();
    for (name, path) in &source.elsewhere {
        let metadata = match fs::metadata(path) {
            // Perhaps not mounted: a backup without it would look complete.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Refused(format!(
                    "{}, which the configuration names, does not exist",
                    path.display()
                )));
            }
            metadata => metadata.map_err(BackupError::file(path))?,
        };
        if metadata.is_dir() {
            found.extend(find::files(path, name)?);
        } else if metadata.is_file() {
            let is_database = path.extension().is_some_and(|extension| extension == "db");
            found.push(Found { name: name.clone(), path: path.clone(), is_database });
        }
    }
    let names: BTreeSet<_> = found.iter().map(|file| file.name.clone()).collect();
    let here = find::files(&source.data_dir, Path::new(""))?;
    found.extend(here.into_iter().filter(|file| !names.contains(&file.name)));
    Ok(found)
}

/// The directory that will contain the backup.
fn check_destination(source: &BackupSource, to: &Path) -> Result<PathBuf, BackupError> {
    let shown = to.display();
    if to.file_name().is_none() {
        return Err(BackupError::Refused(format!("{shown} cannot be replaced: name a new directory in it")));
    }
    let parent = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = parent.canonicalize().map_err(BackupError::file(parent))?;
    match fs::read_dir(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(BackupError::file(to)(error)),
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(BackupError::Refused(format!("{shown} is not empty: name a new directory")));
            }
            let device =
                |path: &Path| path.metadata().map(|metadata| metadata.dev()).map_err(BackupError::file(path));
            if device(to)? != device(&parent)? {
                return Err(BackupError::Refused(format!(
                    "{shown} is a mount point, which cannot be replaced: name a new directory in it"
                )));
            }
        }
    }
    if source.data_dir.canonicalize().is_ok_and(|data_dir| parent.starts_with(data_dir)) {
        return Err(BackupError::Refused(format!(
            "{shown} is in the data directory {}: name a directory elsewhere",
            source.data_dir.display()
        )));
    }
    Ok(parent)
}

/// A directory in `parent`, on the same file system as the destination.
pub(super) fn temporary_beside(to: &Path, parent: &Path) -> Result<TempDir, BackupError> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new()
        .prefix(&format!(".{name}.partial."))
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .map_err(BackupError::file(parent))
}

fn size_of_all(files: &[Found]) -> u64 {
    files.iter().filter_map(|file| file.path.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// Copies files and reports how far it has come.
struct Copying<'c, 'r> {
    into: &'c Path,
    total: u64,
    copied: u64,
    report: &'c mut Report<'r>,
}

impl Copying<'_, '_> {
    fn meter(&mut self, file: &Found) -> impl FnMut(u64) {
        let (name, total) = (file.name.clone(), self.total);
        let Self { copied, report, .. } = self;
        move |bytes| {
            *copied += bytes;
            report(Progress { step: Step::Copying, file: &name, done: *copied, total });
        }
    }

    /// Copies a file that is no database. `None` if it has gone meanwhile, as mail does that is read.
    fn file(&mut self, source: &BackupSource, found: &Found) -> Result<Option<BackedUpFile>, BackupError> {
        let from = match File::open(&found.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            from => from.map_err(BackupError::file(&found.path))?,
        };
        let to = self.into.join(&found.name);
        let contents = file::copy(from, &found.path, &to, self.meter(found))?;
        Ok(Some(listed(source, found, contents)))
    }
}

fn check_databases(
    source: &BackupSource,
    files: &[Found],
    dir: &Path,
    report: &mut Report<'_>,
) -> Result<Vec<BackedUpFile>, BackupError> {
    let copies: Vec<_> = files.iter().map(|file| dir.join(&file.name)).collect();
    let total = copies.iter().filter_map(|copy| copy.metadata().ok()).map(|metadata| metadata.len()).sum();
    let (mut done, mut checked) = (0, Vec::new());
    for (found, copy) in files.iter().zip(&copies) {
        report(Progress { step: Step::Checking, file: &found.name, done, total });
        database::check(copy, &found.path)?;
        let contents = file::hash(copy, |bytes| {
            done += bytes;
            report(Progress { step: Step::Checking, file: &found.name, done, total });
        })?;
        checked.push(listed(source, found, contents));
    }
    Ok(checked)
}

fn listed(source: &BackupSource, found: &Found, contents: file::Contents) -> BackedUpFile {
    let from = (found.path != source.data_dir.join(&found.name)).then(|| found.path.clone());
    BackedUpFile { path: found.name.clone(), bytes: contents.bytes, sha256: contents.sha256, from }
}

fn write_manifest(manifest: &Manifest, dir: &Path) -> Result<(), BackupError> {
    let path = dir.join(manifest::NAME);
    let text = manifest.to_json().map_err(|error| BackupError::damaged(&path, error.to_string()))?;
    let mut file = file::create(&path)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(BackupError::file(&path))
}

/// Makes the finished directory appear at its name.
fn publish(partial: TempDir, to: &Path, parent: &Path) -> Result<(), BackupError> {
    file::sync_directories(partial.path())?;
    fs::rename(partial.path(), to).map_err(BackupError::file(to))?;
    let _ = partial.keep();
    file::sync_directory(parent)
}
