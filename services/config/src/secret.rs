//! Secrets, which are kept in separate files.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

/// The permission bit that lets every user of the host read a file.
const READABLE_BY_OTHERS: u32 = 0o004;

/// Text that no log and no error shows.
///
/// Comparison is for detecting a changed file and is not constant-time: do not use it to check what a client sends.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Reads a secret that is named on the command line. The error says what to do, and never shows the content.
    ///
    /// # Errors
    /// When the file cannot be read, is not a regular file, or is readable by everybody.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        read(path)
    }

    /// The text itself. The caller is responsible for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Reads a secret, without trailing line ends. The error says what to do, and never shows the content.
pub(crate) fn read(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    // Checked before opening, because opening a pipe would wait for its writer.
    let metadata = path.metadata().map_err(|error| format!("cannot read {shown}: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("{shown} is not a regular file"));
    }
    if metadata.permissions().mode() & READABLE_BY_OTHERS != 0 {
        return Err(format!("{shown} can be read by every user of this host: run chmod o-r {shown}"));
    }
    let text = read_bounded(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let secret = text.trim_end_matches(['\n', '\r']);
    match secret.len() {
        0 => Err(format!("{shown} is empty")),
        1..=MAX_SECRET_BYTES => Ok(Secret(secret.into())),
        _ => Err(format!("{shown} has more than {MAX_SECRET_BYTES} bytes")),
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let room_for_line_end = 2;
    let limit = MAX_SECRET_BYTES + room_for_line_end;
    File::open(path)?.take(limit as u64).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    fn written(text: impl AsRef<[u8]>, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    fn refused(text: impl AsRef<[u8]>, mode: u32) -> String {
        let (_directory, path) = written(text, mode);
        read(&path).unwrap_err()
    }

    #[test]
    fn a_secret_is_read_without_its_line_end() {
        let (_directory, path) = written(" hunter2 \r\n", 0o640);
        assert_eq!(read(&path).unwrap().expose(), " hunter2 ");
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::from("hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "[secret] [secret] Some([secret])");
    }

    #[test]
    fn a_file_that_everyone_can_read_is_refused_with_the_remedy() {
        let error = refused("hunter2", 0o644);
        assert!(error.contains("run chmod o-r /") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn the_longest_secret_is_read_and_a_longer_one_refused() {
        let (_directory, path) = written("x".repeat(MAX_SECRET_BYTES) + "\r\n", 0o600);
        assert_eq!(read(&path).unwrap().expose().len(), MAX_SECRET_BYTES);
        assert!(refused("x".repeat(MAX_SECRET_BYTES + 1), 0o600).ends_with("has more than 65536 bytes"));
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        assert!(refused("\n", 0o600).ends_with("is empty"));
        assert!(refused([0xff, 0xfe], 0o600).contains("cannot read"));
        assert!(read(tempfile::tempdir().unwrap().path()).unwrap_err().ends_with("is not a regular file"));
        assert!(read(Path::new("/no/such/file")).unwrap_err().contains("cannot read /no/such/file"));
    }
}
