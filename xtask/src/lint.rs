//! `cargo xtask lint` and `cargo xtask build`, with the features of the tests.

use crate::cargo::cargo;
use crate::openssl;

const EVERYTHING: [&str; 3] = ["--workspace", "--all-targets", "--locked"];

/// Runs Clippy on everything.
pub(crate) fn lint() -> anyhow::Result<()> {
    openssl::provide()?;
    let all = ["clippy"].into_iter().chain(EVERYTHING).chain(openssl::BUILT_IN);
    cargo(all.chain(["--", "--deny", "warnings"]))
}

/// Builds everything, so that `cargo xtask test` has nothing left to build.
pub(crate) fn build() -> anyhow::Result<()> {
    openssl::provide()?;
    cargo(["build"].into_iter().chain(EVERYTHING).chain(openssl::BUILT_IN))
}
