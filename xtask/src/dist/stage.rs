//! The directory that packages are made from: everything they contain, in the layout that `debian/install` names.

use super::version::Version;
use super::{git, systemd};
use crate::cargo::workspace;
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Copied as they are.
const DIRECTORIES: [&str; 3] = ["debian", "docs", "examples"];
const FILES: [&str; 2] = ["README.md", "CHANGELOG.md"];
/// Files of `systemd/` that debhelper takes from `debian/`.
const FOR_DEBHELPER: [&str; 2] = ["watchkeeper.sysusers", "watchkeeper.tmpfiles"];
/// A drop-in of `systemd/`, and the units that it is for.
pub(super) const BACKOFF: (&str, [&str; 2]) =
    ("backoff.conf", ["watchkeeper@.service", "watchkeeper-up.service"]);
/// Shells, and the names under which they look for their completions.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "watchkeeper"), ("zsh", "_watchkeeper"), ("fish", "watchkeeper.fish")];

/// Fills the empty directory `source`.
pub(super) fn stage(source: &Path, executable: &Path, version: &Version) -> anyhow::Result<()> {
    let root = workspace();
    for name in DIRECTORIES {
        copy_dir(&root.join(name), &source.join(name))?;
    }
    for name in FILES {
        copy(&root.join(name), &source.join(name))?;
    }
    copy(&root.join("examples/watchkeeper.toml"), &source.join("etc/watchkeeper.toml"))?;
    copy(executable, &source.join("watchkeeper"))?;
    units(&root.join("systemd"), source)?;
    changelog(source, version)?;
    for (shell, name) in COMPLETIONS {
        let script = printed(Command::new(executable).args(["completions", shell]))?;
        write(&source.join("completions").join(name), &script)?;
    }
    let manual = source.join("man");
    fs::create_dir(&manual).with_context(|| manual.display().to_string())?;
    printed(Command::new(executable).arg("manual").arg(&manual))?;
    Ok(())
}

fn units(from: &Path, source: &Path) -> anyhow::Result<()> {
    let (units, (backoff, backing_off)) = (source.join("units"), BACKOFF);
    copy_dir(from, &units)?;
    for name in FOR_DEBHELPER {
        fs::rename(units.join(name), source.join("debian").join(name)).with_context(|| name.to_owned())?;
    }
    // Older ones warn about its settings at each reload.
    if systemd::version().is_some_and(|version| version >= systemd::BACKS_OFF) {
        for unit in backing_off {
            copy(&units.join(backoff), &units.join(format!("{unit}.d")).join(backoff))?;
        }
    }
    fs::remove_file(units.join(backoff)).with_context(|| backoff.to_owned())
}

/// Debian's changelog; what changed is in the other one.
fn changelog(source: &Path, version: &Version) -> anyhow::Result<()> {
    let date =
        printed(Command::new("date").args(["--utc", "--rfc-email", &format!("--date=@{}", git::epoch()?)]))?;
    let entry = format!(
        "watchkeeper ({}) unstable; urgency=medium\n\n  * See /usr/share/doc/watchkeeper/changelog.gz.\n\n \
         -- Watchkeeper <watchkeeper@users.noreply.github.com>  {date}",
        version.debian()
    );
    write(&source.join("debian/changelog"), &entry)
}

/// What a command prints.
fn printed(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no text"))
}

fn write(file: &Path, content: &str) -> anyhow::Result<()> {
    create_parent(file)?;
    fs::write(file, content).with_context(|| file.display().to_string())
}

/// Copies a file with its permissions.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    create_parent(to)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Copies a directory and all below it.
pub(super) fn copy_dir(from: &Path, to: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &to)?;
        } else {
            copy(&entry.path(), &to)?;
        }
    }
    Ok(())
}

fn create_parent(file: &Path) -> anyhow::Result<()> {
    let parent = file.parent().context("a file has a directory")?;
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())
}
