//! `cargo xtask lint` and `cargo xtask build`.

use crate::cargo::cargo;
use crate::openssl;

/// Everything, as the tests need it.
const ALL: [&str; 3] = ["--workspace", "--all-targets", "--locked"];
/// The executable without engines, as it is built from a clone. The features of all other crates stay, so that only the
/// executable is compiled anew.
const WITHOUT_ENGINES: [&str; 5] =
    ["--workspace", "--bins", "--locked", "--features", "watchkeeper-adapter-kafka/tls"];

/// Runs Clippy on everything.
pub(crate) fn lint() -> anyhow::Result<()> {
    openssl::provide()?;
    let warnings = ["--", "--deny", "warnings"];
    cargo(["clippy"].into_iter().chain(ALL).chain(openssl::BUILT_IN).chain(warnings))?;
    cargo(["clippy"].into_iter().chain(WITHOUT_ENGINES).chain(warnings))
}

/// Builds everything.
pub(crate) fn build() -> anyhow::Result<()> {
    openssl::provide()?;
    cargo(["build"].into_iter().chain(WITHOUT_ENGINES))?;
    cargo(["build"].into_iter().chain(ALL).chain(openssl::BUILT_IN))
}
