//! The commit that is packaged.

use crate::cargo::workspace;
use anyhow::Context as _;
use std::fs;
use std::process::Command;
use std::time::UNIX_EPOCH;

/// Digits of an abbreviated commit.
const DIGITS: &str = "--abbrev=12";

/// The commit, with `-dirty` if files differ from it; nothing outside of a clone.
pub(super) fn commit() -> Option<String> {
    git(&["describe", "--always", "--dirty", "--exclude=*", DIGITS])
}

/// When it was committed, so that the same commit gives the same package; outside of a clone, when Cargo.lock was changed.
/// Seconds since 1970.
pub(super) fn epoch() -> anyhow::Result<u64> {
    if let Some(seconds) = git(&["log", "-1", "--format=%ct"]) {
        return seconds.parse().with_context(|| format!("git log printed {seconds}"));
    }
    let changed = fs::metadata(workspace().join("Cargo.lock"))?.modified()?;
    Ok(changed.duration_since(UNIX_EPOCH)?.as_secs())
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).current_dir(workspace()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
