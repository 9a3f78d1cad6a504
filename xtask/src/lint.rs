//! `cargo xtask lint`.

use crate::cargo::cargo;
use crate::openssl;

/// Runs Clippy on everything, with the features of the tests, so that C code is compiled once for both.
pub(crate) fn run() -> anyhow::Result<()> {
    openssl::provide()?;
    let all = ["clippy", "--workspace", "--all-targets", "--locked"];
    cargo(all.into_iter().chain(openssl::BUILT_IN).chain(["--", "--deny", "warnings"]))
}
