//! Delivers one mail into the Maildir: written under `tmp`, made durable, and only then moved to `new`.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Accessible to the owner only.
const DIRECTORY_MODE: u32 = 0o700;
/// Separates the name of a mail in `cur` from the mail program's flags.
const INFO: char = ':';

/// Creates the Maildir, or its missing parts.
pub(super) fn create(dir: &Path) -> io::Result<()> {
    for part in ["tmp", "new", "cur"] {
        DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(dir.join(part))?;
    }
    Ok(())
}

/// Delivers a message, its lines ended by CRLF, under the name `id`, unless it exists. Durable once it
/// returns. The id must be a valid file name without a leading dot or a colon.
pub(super) fn deliver(dir: &Path, id: &str, message: &[u8]) -> io::Result<()> {
    create(dir)?;
    if is_there(dir, id)? {
        return Ok(());
    }
    let mut file = begin(dir, id)?;
    file.write_all(&with_local_line_ends(message))?;
    file.as_file().sync_all()?;
    let new = dir.join("new");
    match file.persist_noclobber(new.join(id)) {
        // Somebody else has delivered it at this moment.
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
        Ok(_) => File::open(new)?.sync_all(),
    }
}

/// Health check: whether a mail could be written.
pub(super) fn check(dir: &Path) -> io::Result<()> {
    create(dir)?;
    begin(dir, "check").map(drop)
}

/// A file with a unique name, removed unless it is kept.
fn begin(dir: &Path, id: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&format!("{id}.")).tempfile_in(dir.join("tmp"))
}

/// Looks into `new` first: a mail program moves mail from there to `cur`, never back.
fn is_there(dir: &Path, id: &str) -> io::Result<bool> {
    if dir.join("new").join(id).try_exists()? {
        return Ok(true);
    }
    for entry in dir.join("cur").read_dir()? {
        let name = entry?.file_name();
        if name.to_str().and_then(|name| name.split(INFO).next()) == Some(id) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Files of this system end lines with LF, and so do those in a Maildir.
fn with_local_line_ends(message: &[u8]) -> Vec<u8> {
    let mut local = Vec::with_capacity(message.len());
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => local.extend([line, b"\n"].concat()),
            None => local.extend(line),
        }
    }
    local
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(dir: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for part in ["tmp", "new", "cur"] {
            for entry in dir.join(part).read_dir().unwrap() {
                names.push(format!("{part}/{}", entry.unwrap().file_name().to_str().unwrap()));
            }
        }
        names
    }

    #[test]
    fn a_mail_is_a_file_under_new_with_local_line_ends_that_is_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("mail");
        deliver(&dir, "a.1", b"Subject: x\r\n\r\nlone \r and \n\r\n").unwrap();
        assert_eq!(names(&dir), ["new/a.1"]);
        assert_eq!(std::fs::read(dir.join("new/a.1")).unwrap(), b"Subject: x\n\nlone \r and \n\n");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&dir.join("new/a.1"))), (0o700, 0o600));
    }

    #[test]
    fn a_mail_that_is_there_is_not_written_again_wherever_a_mail_program_has_put_it() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path();
        for place in ["new/a", "cur/a", "cur/a:2,", "cur/a:2,RS"] {
            deliver(dir, "a", b"first").unwrap();
            std::fs::rename(dir.join("new/a"), dir.join(place)).unwrap();
            deliver(dir, "a", b"second").unwrap();
            assert_eq!(names(dir), [place]);
            assert_eq!(std::fs::read(dir.join(place)).unwrap(), b"first");
            std::fs::remove_file(dir.join(place)).unwrap();
        }
    }

    #[test]
    fn a_mail_whose_id_begins_like_anothers_is_another() {
        let root = tempfile::tempdir().unwrap();
        for id in ["a.1", "a", "a.12", "a-1"] {
            deliver(root.path(), id, b"").unwrap();
            std::fs::rename(
                root.path().join("new").join(id),
                root.path().join("cur").join(format!("{id}:2,S")),
            )
            .unwrap();
        }
        assert_eq!(names(root.path()).len(), 4);
    }

    #[test]
    fn a_check_leaves_nothing_and_fails_where_nothing_can_be_written() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("mail");
        check(&dir).unwrap();
        assert_eq!(names(&dir), [""; 0]);
        std::fs::remove_dir_all(&dir).unwrap();
        std::fs::write(&dir, b"a file").unwrap();
        check(&dir).unwrap_err();
    }
}
