//! The browser for the tests of the console, and the script that checks pages for accessibility.

use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that the browser tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// Their Debian packages.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];
/// What npm installs by: the second has the checksums.
const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// Installs the browser and axe-core if they are missing; see [`packages`].
pub(crate) fn provide() -> anyhow::Result<()> {
    let is_there = || PROGRAMS.into_iter().all(|name| program(name).is_some());
    packages("a browser for the tests of the console", &PACKAGES, is_there)
        .and_then(|()| provide_axe())
        .context("`cargo xtask test --without-browser` skips those tests")
}

/// Fetches axe-core from npm, once and after every change of the lists.
fn provide_axe() -> anyhow::Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/engines/npm");
    let lists = LISTS.map(|name| fs::read(source.join(name)));
    let is_current = |(name, wanted): (&str, &io::Result<Vec<u8>>)| {
        let have = fs::read(target.join(name));
        have.is_ok_and(|have| wanted.as_ref().is_ok_and(|wanted| have == *wanted))
    };
    if script(&target).is_file() && LISTS.into_iter().zip(&lists).all(is_current) {
        return Ok(());
    }
    packages("npm", &["npm"], || program("npm").is_some())?;
    eprintln!("fetching axe-core from npm (1 MB)");
    fs::create_dir_all(&target)?;
    for (name, list) in LISTS.into_iter().zip(lists) {
        fs::write(target.join(name), list?)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&target);
    let status = npm.stdout(io::stderr()).status().context("cannot start npm")?;
    ensure!(status.success(), "npm could not fetch axe-core. Is registry.npmjs.org reachable?");
    Ok(())
}

/// Where the tests find it.
fn script(target: &Path) -> PathBuf {
    target.join("node_modules/axe-core/axe.min.js")
}
