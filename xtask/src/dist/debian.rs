//! The Debian package, by debhelper.

use super::executable::Build;
use super::git;
use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What debhelper has put into the package, below the directory it is made from.
pub(super) const TREE: &str = "debian/watchkeeper";

/// Installs debhelper if it is missing; see [`packages`].
pub(super) fn provide() -> anyhow::Result<()> {
    packages("debhelper", &["debhelper", "dpkg-dev"], || {
        ["dh", "dpkg-buildpackage"].into_iter().all(|name| program(name).is_some())
    })
}

/// Makes the package, and that of its debug symbols, from the staged directory `source`, beside it.
pub(super) fn package(source: &Path, build: Build) -> anyhow::Result<()> {
    let mut command = Command::new("dpkg-buildpackage");
    // Without a check for compilers: nothing is compiled.
    command.args(["--build=binary", "--unsigned-changes", "--no-check-builddeps"]).current_dir(source);
    command.env("SOURCE_DATE_EPOCH", git::epoch()?.to_string());
    if build == Build::Debug {
        // Nobody keeps it: quickly made is better than small.
        command.env("DEB_BUILD_OPTIONS", "noautodbgsym");
        command.env("DPKG_DEB_COMPRESSOR_TYPE", "zstd").env("DPKG_DEB_COMPRESSOR_LEVEL", "1");
    }
    let status = command.stdout(io::stderr()).status().context("cannot start dpkg-buildpackage")?;
    ensure!(status.success(), "dpkg-buildpackage failed; see its error above");
    Ok(())
}

/// Moves the packages in `from`, and returns their paths.
pub(super) fn collect(from: &Path, to: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut packages = Vec::new();
    for entry in fs::read_dir(from)? {
        let file = entry?.path();
        // Ubuntu's packages of debug symbols end in .ddeb.
        let is_package = file.extension().is_some_and(|extension| extension == "deb" || extension == "ddeb");
        if let Some(name) = file.file_name().filter(|_| is_package) {
            let package = to.join(name);
            fs::rename(&file, &package).with_context(|| package.display().to_string())?;
            packages.push(package);
        }
    }
    packages.sort();
    Ok(packages)
}
