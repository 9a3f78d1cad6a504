//! A directory that an engine can enter as the user it runs as.

use anyhow::{Context as _, ensure};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Everybody may enter and list the directory.
const ENTERED_BY_ALL: u32 = 0o755;

/// Creates the directory and its missing parents, such that `user` can enter them.
///
/// # Errors
/// If `user` cannot enter an existing parent; nothing has been created then.
pub(super) fn make(dir: &Path, user: u32) -> anyhow::Result<()> {
    let mut way: Vec<_> = dir.ancestors().collect();
    way.reverse();
    let (there, missing): (Vec<_>, Vec<_>) = way.into_iter().partition(|part| part.exists());
    for part in there {
        ensure!(
            can_enter(part, user),
            "PostgreSQL does not run as root but as user id {user}, which cannot enter {}: choose another --dir, such \
             as /tmp/watchkeeper-stack",
            part.display()
        );
    }
    for part in missing {
        fs::create_dir(part).with_context(|| format!("cannot create {}", part.display()))?;
        // Regardless of the umask.
        fs::set_permissions(part, Permissions::from_mode(ENTERED_BY_ALL))?;
    }
    Ok(())
}

/// Tried as that user, so that access control lists count too.
fn can_enter(dir: &Path, user: u32) -> bool {
    let mut test = Command::new("test");
    test.arg("-x").arg(dir).uid(user).gid(user).current_dir("/").stderr(Stdio::null());
    test.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::is_root;
    use std::fs::DirBuilder;
    use std::os::unix::fs::DirBuilderExt as _;

    const NOBODY: u32 = 65_534;

    #[test]
    fn what_another_user_cannot_enter_is_refused_before_anything_is_made() {
        // Only root can try as another user.
        if !is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let closed = dir.path().join("closed");
        DirBuilder::new().mode(0o700).create(&closed).unwrap();
        let refused = make(&closed.join("stack"), NOBODY).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("cannot enter {}: choose another --dir", closed.display())),
            "{refused}"
        );
        assert!(!closed.join("stack").exists());
        make(&dir.path().join("open/stack"), NOBODY).unwrap();
        assert!(can_enter(&dir.path().join("open/stack"), NOBODY));
    }
}
