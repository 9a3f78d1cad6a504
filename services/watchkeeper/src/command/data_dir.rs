//! The data directory.

use anyhow::Context as _;
use std::env;
use std::path::{Path, PathBuf};

/// `--data-dir`, else systemd's `StateDirectory=`, else the user's state directory by the XDG base directory
/// specification.
pub(crate) fn data_dir(asked_for: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(dir) = asked_for {
        return std::path::absolute(dir).context("--data-dir");
    }
    let from = |variable| env::var_os(variable).map(PathBuf::from).filter(|dir| dir.is_absolute());
    from("STATE_DIRECTORY")
        .or_else(|| from("XDG_STATE_HOME").map(|dir| dir.join("watchkeeper")))
        .or_else(|| from("HOME").map(|dir| dir.join(".local/state/watchkeeper")))
        .context("no data directory: $HOME is not set; use --data-dir DIR")
}
