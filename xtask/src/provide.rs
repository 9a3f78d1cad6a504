//! Installs missing programs, or says how to.

use anyhow::bail;
use std::env;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

/// How long another process may hold the locks of apt. Debian's own upgrades take minutes.
const LOCKED_AT_MOST: Duration = Duration::from_secs(10 * 60);
/// Part of apt's error while another process updates the package lists; apt waits for its other locks itself.
const LISTS_ARE_LOCKED: &str = "/var/lib/apt/lists/lock";
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Installs packages if something is missing, as root on Debian; elsewhere the error says how to install them.
pub(crate) fn packages(what: &str, packages: &[&str], is_there: impl Fn() -> bool) -> anyhow::Result<()> {
    if is_there() {
        return Ok(());
    }
    let command = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    if program("apt-get").is_some() && is_root() {
        eprintln!("{what} is missing; installing it: {command}");
        if install(packages)? && is_there() {
            return Ok(());
        }
        bail!(
            "{what} is missing and could not be installed; see the error of apt-get above, or run: {command}"
        );
    }
    bail!("{what} is missing on PATH; on Debian run: {command}")
}

/// Updates the package lists and installs the packages; `false` if apt has printed an error.
fn install(packages: &[&str]) -> anyhow::Result<bool> {
    if !update()? {
        return Ok(false);
    }
    eprintln!(
        "waiting up to {} minutes if another process is installing packages",
        LOCKED_AT_MOST.as_secs() / 60
    );
    Ok(apt_get(&arguments(packages)).status()?.success())
}

/// The arguments of apt-get: no prompts, and wait for locks.
fn arguments(packages: &[&str]) -> Vec<String> {
    let timeout = format!("DPkg::Lock::Timeout={}", LOCKED_AT_MOST.as_secs());
    let always = ["install", "--yes", "--quiet", "--no-install-recommends", "-o", &timeout];
    [&always, packages].concat().into_iter().map(str::to_owned).collect()
}

/// Updates the package lists; waits while another process does.
#[expect(clippy::disallowed_methods, reason = "apt waits for all its locks but this one")]
fn update() -> anyhow::Result<bool> {
    let (begun, mut was_told) = (Instant::now(), false);
    loop {
        let Output { status, stderr, .. } = apt_get(&["update".to_owned(), "--quiet".to_owned()]).output()?;
        let is_locked = String::from_utf8_lossy(&stderr).contains(LISTS_ARE_LOCKED);
        if status.success() || !is_locked || begun.elapsed() > LOCKED_AT_MOST {
            io::stderr().write_all(&stderr)?;
            return Ok(status.success());
        }
        if !was_told {
            eprintln!("waiting for another process that is updating the package lists");
            was_told = true;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Finds a program on PATH.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

pub(crate) fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

/// apt-get, with its output on stderr: stdout is for the caller.
fn apt_get(args: &[String]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(io::stderr());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_apt_is_waited_for_and_nobody_is_asked() {
        let arguments = arguments(&["redis-server"]).join(" ");
        assert!(
            arguments.contains("--yes") && arguments.contains("-o DPkg::Lock::Timeout=600"),
            "{arguments}"
        );
        assert!(arguments.ends_with(" redis-server"), "{arguments}");
    }
}
