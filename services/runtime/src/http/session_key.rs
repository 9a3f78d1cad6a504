//! The key that signs sessions, kept in a file.

use super::session::SESSION_KEY_BYTES;
use ring::rand::{SecureRandom, SystemRandom};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The file in the data directory; only its owner may read it.
const FILE: &str = "session.key";

/// The key kept in `data_dir`. The first call creates it, and the directory: those who are signed in stay signed in over a
/// restart.
///
/// # Errors
/// If the file cannot be read or created, or is no key.
pub fn session_key(data_dir: &Path) -> io::Result<[u8; SESSION_KEY_BYTES]> {
    let path = data_dir.join(FILE);
    match fs::read(&path) {
        Ok(key) => {
            key.try_into().map_err(|_| io::Error::new(ErrorKind::InvalidData, "is not a key: delete it"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => create(&path, data_dir),
        Err(error) => Err(error),
    }
}

/// Under a temporary name first, so that nobody reads half a key.
fn create(path: &Path, data_dir: &Path) -> io::Result<[u8; SESSION_KEY_BYTES]> {
    let mut key = [0; SESSION_KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("no random numbers"))?;
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)?;
    let unfinished = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(&key)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("watchkeeper");
        let key = session_key(&dir).unwrap();
        assert_eq!(session_key(&dir).unwrap(), key);
        assert_eq!(fs::metadata(dir.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        assert_ne!(session_key(&parent.path().join("other")).unwrap(), key);
    }

    #[test]
    fn a_file_that_is_no_key_is_named_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "short").unwrap();
        assert_eq!(session_key(dir.path()).unwrap_err().to_string(), "is not a key: delete it");
        assert_eq!(fs::read(dir.path().join(FILE)).unwrap(), b"short");
    }
}
