//! The browser for the tests of the console.

use crate::provide::{packages, program};
use anyhow::Context as _;

/// The programs that the browser tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// Their Debian packages.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Installs the browser if it is missing; see [`packages`].
pub(crate) fn provide() -> anyhow::Result<()> {
    let is_there = || PROGRAMS.into_iter().all(|name| program(name).is_some());
    packages("a browser for the tests of the console", &PACKAGES, is_there)
        .context("`cargo xtask test --without-browser` skips those tests")
}
