//! The manifest: what a backup consists of.

use super::error::BackupError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// The name of the manifest in the directory of a backup.
pub(super) const NAME: &str = "manifest.json";
/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// Largest manifest that is read: a million files.
const MAX_BYTES: u64 = 256 << 20;

/// What a backup consists of, as `manifest.json` beside its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the manifest; 1.
    pub format: u32,
    /// The version of Watchkeeper that wrote it.
    pub version: String,
    /// When the backup began (RFC 3339). What was acknowledged before is in it.
    pub began_at: String,
    /// When all files were copied and checked (RFC 3339).
    pub finished_at: String,
    /// The files.
    pub files: Vec<BackedUpFile>,
    /// Where the consumers continue after a restore.
    pub positions: Vec<Position>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUpFile {
    /// Its path in the backup, and in the data directory after a restore.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
    /// Where it was, if not in the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
}

/// The position of a consumer group, and the records that the bus of the same backup has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The file that has the position.
    pub file: PathBuf,
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The offset of the next record to process.
    pub next: u64,
    /// The offset of the earliest record on the bus.
    pub low: u64,
    /// The offset that the next record on the bus will get.
    pub high: u64,
}

impl Manifest {
    /// A manifest of this version.
    pub(super) fn new(began_at: String, finished_at: String) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            began_at,
            finished_at,
            files: Vec::new(),
            positions: Vec::new(),
        }
    }

    /// The size of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Reads the manifest of the backup in `dir`.
    ///
    /// # Errors
    /// If it is missing, is not one that this version can read, or names a file outside `dir`, or one twice.
    pub fn read(dir: &Path) -> Result<Self, BackupError> {
        let path = dir.join(NAME);
        let mut text = Vec::new();
        fs::File::open(&path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut text))
            .map_err(BackupError::file(&path))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(BackupError::damaged(&path, format!("has more than {MAX_BYTES} bytes")));
        }
        Self::parse(&text).map_err(|reason| BackupError::damaged(&path, reason))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        /// Read first: a newer format may have other fields.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let not_one = |error: serde_json::Error| format!("is not the manifest of a backup: {error}");
        let Format { format } = serde_json::from_slice(text).map_err(not_one)?;
        if format > FORMAT {
            return Err(format!(
                "has format {format}, but this version supports formats up to {FORMAT}: restore with a newer \
                 version of Watchkeeper"
            ));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(not_one)?;
        let mut seen = BTreeSet::new();
        for BackedUpFile { path, .. } in &manifest.files {
            let is_within = path.components().all(|part| matches!(part, Component::Normal(_)));
            if !is_within || path.as_os_str().is_empty() {
                return Err(format!("names {}, which is not a path in the backup", path.display()));
            }
            if !seen.insert(path) {
                return Err(format!("names {} twice", path.display()));
            }
        }
        Ok(manifest)
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(paths: &[&str]) -> Manifest {
        let file =
            |path: &&str| BackedUpFile { path: path.into(), bytes: 1, sha256: String::new(), from: None };
        Manifest { files: paths.iter().map(file).collect(), ..Manifest::new("a".into(), "b".into()) }
    }

    fn refused(manifest: &Manifest) -> String {
        Manifest::parse(&manifest.to_json().unwrap()).unwrap_err()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let written = manifest(&["store.db", "mail/new/1"]);
        assert_eq!(Manifest::parse(&written.to_json().unwrap()), Ok(written));
    }

    #[test]
    fn a_path_that_leads_out_of_the_backup_or_comes_twice_is_refused() {
        for path in ["../etc/passwd", "/etc/passwd", "a/../../b", ""] {
            assert!(refused(&manifest(&[path])).ends_with("which is not a path in the backup"), "{path}");
        }
        assert_eq!(refused(&manifest(&["a", "a"])), "names a twice");
    }

    #[test]
    fn a_newer_format_is_refused_even_if_its_fields_are_others() {
        let reason = Manifest::parse(br#"{"format":2,"parts":[]}"#).unwrap_err();
        let expected = "has format 2, but this version supports formats up to 1: restore with a newer version of \
                        Watchkeeper";
        assert_eq!(reason, expected);
        let reason = Manifest::parse(b"{").unwrap_err();
        assert!(reason.starts_with("is not the manifest of a backup: "), "{reason}");
    }
}
