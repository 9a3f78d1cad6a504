//! Programs that must be there.

use anyhow::bail;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Makes sure that something is there: as root on Debian by installing packages, elsewhere by saying how.
pub(crate) fn packages(what: &str, packages: &[&str], is_there: impl Fn() -> bool) -> anyhow::Result<()> {
    if is_there() {
        return Ok(());
    }
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    let command = format!("apt-get {}", install.join(" "));
    if program("apt-get").is_some() && is_root() {
        eprintln!("{what} is missing; installing it: {command}");
        if apt_get(&["update"]) && apt_get(&install) && is_there() {
            return Ok(());
        }
        eprintln!("It could not be installed.");
    }
    bail!("{what} is missing: have it on PATH (Debian: {command})")
}

/// The path of a program on PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

fn apt_get(args: &[&str]) -> bool {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
