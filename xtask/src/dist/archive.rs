//! The archive for distributions without packages of their own: the files of the Debian package, and `install.sh`.

use super::debian;
use super::executable::Build;
use super::git;
use super::stage::{BACKOFF, copy, copy_dir};
use super::version::Version;
use crate::cargo::workspace;
use anyhow::{Context as _, ensure};
use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Directories of the Debian package, and where they are below the archive's.
const LAYOUT: [(&str, &str); 8] = [
    ("etc/watchkeeper", "etc"),
    ("lib/systemd/system", "lib/systemd/system"),
    ("usr/bin", "bin"),
    ("usr/lib", "lib"),
    ("usr/share/bash-completion", "share/bash-completion"),
    ("usr/share/fish", "share/fish"),
    ("usr/share/man", "share/man"),
    ("usr/share/zsh/vendor-completions", "share/zsh/site-functions"),
];
/// Files and directories of the repository that are in the archive.
const DOCUMENTS: [&str; 2] = ["docs", "examples"];
const FILES: [&str; 3] = ["README.md", "CHANGELOG.md", "LICENSE"];

/// Makes the archive from the Debian package that was made in `source`. Returns its path.
pub(super) fn archive(source: &Path, dir: &Path, version: &Version, build: Build) -> anyhow::Result<PathBuf> {
    let name = format!("watchkeeper-{version}-{ARCH}-linux");
    let work = source.parent().context("a directory has a parent")?;
    fill(&source.join(debian::TREE), &work.join(&name))?;
    let archive = dir.join(format!("{name}.tar.gz"));
    let compressor = match build {
        Build::Shipped => "gzip --no-name --best",
        Build::Debug => "gzip --no-name --fast",
    };
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mode=u=rwX,go=rX"]);
    tar.arg(format!("--mtime=@{}", git::epoch()?)).arg(format!("--use-compress-program={compressor}"));
    tar.arg("--file").arg(&archive).arg("--directory").arg(work).arg(&name);
    let status = tar.status().context("cannot start tar")?;
    ensure!(status.success(), "{tar:?} failed");
    Ok(archive)
}

fn fill(package: &Path, to: &Path) -> anyhow::Result<()> {
    let root = workspace();
    for (from, into) in LAYOUT {
        copy_dir(&package.join(from), &to.join(into))?;
    }
    // install.sh skips it where systemd is too old.
    let (backoff, units) = BACKOFF;
    for unit in units {
        copy(
            &root.join("systemd").join(backoff),
            &to.join(format!("lib/systemd/system/{unit}.d/{backoff}")),
        )?;
    }
    let documents = to.join("share/doc/watchkeeper");
    for name in DOCUMENTS {
        copy_dir(&root.join(name), &documents.join(name))?;
    }
    for name in FILES {
        copy(&root.join(name), &documents.join(name))?;
    }
    copy(&root.join("dist/install.sh"), &to.join("install.sh"))
}
