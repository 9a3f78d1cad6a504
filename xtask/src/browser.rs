//! The browser that the pages are tested in.

use crate::provide::{packages, program};
use anyhow::Context as _;

/// The programs that the browser tests start.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];
/// The packages of Debian that have them.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Makes sure that the browser is there: as root on Debian by installing it, elsewhere by saying how.
pub(crate) fn provide() -> anyhow::Result<()> {
    let is_there = || PROGRAMS.into_iter().all(|name| program(name).is_some());
    packages("A real browser, in which the pages are tested,", &PACKAGES, is_there)
        .context("`cargo xtask test --without-browser` leaves those tests out")
}
