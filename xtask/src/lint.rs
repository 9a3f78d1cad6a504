//! `cargo xtask lint`.

use crate::cargo::cargo;
use crate::openssl;

/// Clippy over everything, built as the tests are, so that what C there is in it is compiled once for both.
pub(crate) fn run() -> anyhow::Result<()> {
    openssl::provide()?;
    let all = ["clippy", "--workspace", "--all-targets", "--locked"];
    cargo(all.into_iter().chain(openssl::BUILT_IN).chain(["--", "--deny", "warnings"]))
}
