//! Runs cargo.

use crate::guard::Guard;
use anyhow::{Context as _, ensure};
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs cargo in the workspace, with output to the terminal; a non-zero exit code is an error.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> anyhow::Result<()> {
    run(&mut command(args))
}

/// Runs cargo under a guard, with environment variables.
pub(crate) fn cargo_guarded<S: AsRef<OsStr>>(
    guard: &Guard,
    variables: impl IntoIterator<Item = (String, String)>,
    args: impl IntoIterator<Item = S>,
) -> anyhow::Result<()> {
    let mut command = command(args);
    guard.admit(command.envs(variables));
    run(&mut command)
}

/// Runs cargo with environment variables.
pub(crate) fn cargo_with<S: AsRef<OsStr>>(
    variables: impl IntoIterator<Item = (String, String)>,
    args: impl IntoIterator<Item = S>,
) -> anyhow::Result<()> {
    run(command(args).envs(variables))
}

/// Builds the executable with optimisations, and returns its path.
pub(crate) fn release_build() -> anyhow::Result<PathBuf> {
    cargo(["build", "--release", "--package", "watchkeeper", "--features", "engines"])?;
    Ok(target().join("release/watchkeeper"))
}

/// The directory that cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

fn command<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace()).args(args);
    env::vars_os()
        .filter(|(name, _)| describes_a_package(name))
        .for_each(|(name, _)| _ = command.env_remove(name));
    command
}

/// Whether cargo sets this variable to describe a package. Some crates are rebuilt when it changes.
fn describes_a_package(variable: &OsStr) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_"]
        .iter()
        .any(|prefix| variable.as_encoded_bytes().starts_with(prefix.as_bytes()))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

/// The root of the repository.
pub(crate) fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is in the workspace").to_owned()
}
