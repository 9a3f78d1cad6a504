//! Fetches packages of npm.

use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What npm installs by: the second has the checksums.
pub(crate) const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// Copies `files`, the lists among them, from the directory `from` of xtask, and fetches the packages that they list;
/// once, and after every change. Returns the directory, which is `to` in `target/engines`.
///
/// # Errors
/// If npm cannot be installed, or cannot fetch the packages.
pub(crate) fn fetch(from: &str, to: &str, files: &[&str], what: &str) -> anyhow::Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines").join(to);
    let wanted = files.iter().map(|name| fs::read(source.join(name)).with_context(|| (*name).to_owned()));
    let wanted = wanted.collect::<anyhow::Result<Vec<_>>>()?;
    let is_current =
        |(name, wanted): (&&str, &Vec<u8>)| fs::read(target.join(name)).is_ok_and(|have| have == *wanted);
    let modules = target.join("node_modules");
    // Written by npm when it is done.
    if modules.join(".package-lock.json").is_file() && files.iter().zip(&wanted).all(is_current) {
        return Ok(target);
    }
    packages("npm", &["npm"], || program("npm").is_some())?;
    eprintln!("fetching {what} from npm");
    fs::create_dir_all(&target)?;
    for (name, text) in files.iter().zip(wanted) {
        fs::write(target.join(name), text)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&target);
    let status = npm.stdout(io::stderr()).status().context("cannot start npm")?;
    ensure!(status.success(), "npm could not fetch {what}. Is registry.npmjs.org reachable?");
    Ok(target)
}
