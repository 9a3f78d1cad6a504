//! The executable in the packages.

use super::git;
use crate::cargo::{cargo, cargo_with, target};
use crate::openssl;
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// How the executable is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// For users: the profile `dist`.
    Shipped,
    /// For tests: the executable of `cargo xtask build`.
    Debug,
}

/// Maximum size of the executable in a package, in bytes. Hosts get it over slow links, and keep two of them for the way
/// back.
const MAX_BYTES: u64 = 40_000_000;
/// Read by the executable, which prints it with its version.
const COMMIT: &str = "WATCHKEEPER_COMMIT";

/// Builds it with the clients of all engines, and returns its path.
pub(super) fn build(build: Build) -> anyhow::Result<PathBuf> {
    openssl::provide()?;
    match build {
        Build::Shipped => {
            let commit = git::commit().map(|commit| (COMMIT.to_owned(), commit));
            let args =
                ["build", "--profile", "dist", "--package", "watchkeeper", "--features", "tls", "--locked"];
            cargo_with(commit, args)?;
            Ok(target().join("dist/watchkeeper"))
        }
        Build::Debug => {
            let args = ["build", "--workspace", "--bins", "--locked"];
            cargo(args.into_iter().chain(openssl::BUILT_IN))?;
            Ok(target().join("debug/watchkeeper"))
        }
    }
}

/// Refuses an executable that is larger than packages may have it.
pub(super) fn check_size(stripped: &Path, build: Build) -> anyhow::Result<()> {
    let bytes = fs::metadata(stripped).with_context(|| stripped.display().to_string())?.len();
    eprintln!("the executable has {bytes} bytes without symbols");
    ensure!(build == Build::Debug || is_allowed(bytes), "{}", too_large(bytes));
    Ok(())
}

fn is_allowed(bytes: u64) -> bool {
    bytes <= MAX_BYTES
}

fn too_large(bytes: u64) -> String {
    format!(
        "the executable has {bytes} bytes, more than the {MAX_BYTES} of MAX_BYTES in xtask/src/dist/executable.rs"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executable_of_more_than_40_mb_is_not_packaged() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, is_refused) in [(MAX_BYTES, false), (MAX_BYTES + 1, true)] {
            file.as_file().set_len(bytes).unwrap();
            assert_eq!(check_size(file.path(), Build::Shipped).is_err(), is_refused, "{bytes}");
            assert!(check_size(file.path(), Build::Debug).is_ok());
        }
    }
}
