//! The browser for the tests of the console, and the script that checks pages for accessibility.

use crate::npm::{self, LISTS};
use crate::provide::{packages, program};
use anyhow::{Context as _, ensure};

/// The programs that the browser tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// Their Debian packages.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Installs the browser and axe-core if they are missing; see [`packages`].
pub(crate) fn provide() -> anyhow::Result<()> {
    let is_there = || PROGRAMS.into_iter().all(|name| program(name).is_some());
    packages("a browser for the tests of the console", &PACKAGES, is_there)
        .and_then(|()| provide_axe())
        .context("`cargo xtask test --without-browser` skips those tests")
}

/// Fetches axe-core.
fn provide_axe() -> anyhow::Result<()> {
    let fetched = npm::fetch("browser", "npm", &LISTS, "axe-core")?;
    let script = fetched.join("node_modules/axe-core/axe.min.js");
    ensure!(script.is_file(), "{} is missing from axe-core", script.display());
    Ok(())
}
