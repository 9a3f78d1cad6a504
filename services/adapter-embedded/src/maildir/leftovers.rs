//! Removes abandoned files under `tmp`.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};
use watchkeeper_domain::Timestamp;

/// Age at which a file under `tmp` counts as left by a dead process, as Maildir is defined.
const ABANDONED_AFTER: Duration = Duration::from_secs(36 * 3600);

/// Removes the files under `tmp` that were last written so long before `now`.
pub(super) fn remove(dir: &Path, now: Timestamp) -> io::Result<()> {
    let oldest_kept =
        SystemTime::UNIX_EPOCH + Duration::from_micros(now.minus(ABANDONED_AFTER).as_micros().unsigned_abs());
    for entry in dir.join("tmp").read_dir()? {
        let path = entry?.path();
        if gone_is_fine(path.metadata().and_then(|of_file| of_file.modified()))?
            .is_some_and(|at| at < oldest_kept)
        {
            gone_is_fine(std::fs::remove_file(path))?;
        }
    }
    Ok(())
}

/// Others clean up too.
fn gone_is_fine<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn only_what_is_old_enough_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let tmp = root.path().join("tmp");
        std::fs::create_dir(&tmp).unwrap();
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let hours = |hours: u64| now.minus(Duration::from_secs(hours * 3600));
        for (name, at) in [("old", hours(37)), ("young", hours(35)), ("just", hours(36))] {
            let at = SystemTime::UNIX_EPOCH + Duration::from_micros(at.as_micros().unsigned_abs());
            File::create(tmp.join(name)).unwrap().set_modified(at).unwrap();
        }
        remove(root.path(), now).unwrap();
        let mut left: Vec<_> =
            tmp.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["just", "young"]);
    }
}
