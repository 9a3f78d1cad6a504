//! Ends everything that a command has started, however the command ends.

use anyhow::Context as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits until its stdin is closed, which happens when this process ends; then removes the directory and kills its own
/// process group.
const SCRIPT: &str = r#"cat; rm -rf -- "$1"; kill -KILL 0"#;

/// Creates a directory for engines, for a guard to remove. Engines that run as another user must be able to enter it.
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    let passable = Permissions::from_mode(0o711);
    let dir = tempfile::Builder::new().prefix("watchkeeper-engines-").permissions(passable).tempdir()?;
    Ok(dir.keep())
}

/// A process group that is killed, and a directory that is removed, when this is dropped or this process ends, even by
/// Ctrl-C or SIGKILL.
pub(crate) struct Guard {
    shell: Child,
}

impl Guard {
    /// Guards `dir`, and the commands that are [admitted](Self::admit).
    pub(crate) fn over(dir: &Path) -> anyhow::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", SCRIPT, "guard"]).arg(dir);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        Ok(Self { shell: shell.spawn().context("cannot start sh")? })
    }

    /// Runs `command` in the group, out of reach of the terminal's signals.
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
