//! The engines that Debian has no packages of.

use crate::stack::maven;
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The server of MongoDB's protocol, whose source is compiled here: the machines have no compiler.
const SERVER: &str = "MongoProtocolServer";

/// The directory of the jars, which are fetched if they are missing.
pub(super) fn jars() -> anyhow::Result<PathBuf> {
    maven::provide()?;
    Ok(fs::canonicalize(maven::jars())?)
}

/// The directory of the compiled server.
pub(super) fn classes(dir: &Path) -> anyhow::Result<PathBuf> {
    let (source, classes) = (maven::source().join(format!("{SERVER}.java")), dir.join("classes"));
    let modified = |file: &Path| fs::metadata(file).and_then(|metadata| metadata.modified());
    let compiled = modified(&classes.join(format!("{SERVER}.class")));
    if !compiled.is_ok_and(|compiled| modified(&source).is_ok_and(|written| written < compiled)) {
        let mut javac = Command::new("javac");
        javac.arg("--class-path").arg(maven::jars().join("*")).arg("-d").arg(&classes).arg(&source);
        ensure!(javac.status().context("cannot start javac")?.success(), "javac failed");
    }
    Ok(fs::canonicalize(classes)?)
}
