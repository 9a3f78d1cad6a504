//! Nothing of what a command starts outlives it, however it ends.

use anyhow::Context as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits until nobody can write to its stdin, which only this process can; then removes the directory and
/// ends its own group.
const SCRIPT: &str = r#"cat; rm -rf -- "$1"; kill -KILL 0"#;

/// A new directory for engines, for a guard to remove. Some run as another user, who has to pass through it.
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    let passable = Permissions::from_mode(0o711);
    let dir = tempfile::Builder::new().prefix("watchkeeper-engines-").permissions(passable).tempdir()?;
    Ok(dir.keep())
}

/// A group of processes that are killed, and a directory that is removed, when this is dropped or this process
/// ends: by Ctrl-C or SIGKILL too.
pub(crate) struct Guard {
    shell: Child,
}

impl Guard {
    /// Watches over `dir`, and over what is [let in](Self::admit).
    pub(crate) fn over(dir: &Path) -> anyhow::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "guard"]).arg(dir);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        Ok(Self { shell: shell.spawn().context("cannot start sh")? })
    }

    /// Has `command` run in the group, where the keys of the terminal do not reach it.
    pub(crate) fn admit(&self, command: &mut Command) {
        let group = i32::try_from(self.shell.id()).expect("Linux gives numbers up to 2^22");
        command.process_group(group).stdin(Stdio::null());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
