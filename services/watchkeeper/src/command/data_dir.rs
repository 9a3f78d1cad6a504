//! The data directory.

use crate::instance::Instance;
use anyhow::Context as _;
use std::env;
use std::path::{Path, PathBuf};

/// `--data-dir`, else systemd's `StateDirectory=`, else the user's state directory by the XDG base directory
/// specification.
pub(crate) fn data_dir(asked_for: Option<&Path>) -> anyhow::Result<PathBuf> {
    within(asked_for, None)
}

/// The same for the process of a role. In the user's state directory, a further instance has a directory of its own.
pub(crate) fn data_dir_of(instance: Instance, asked_for: Option<&Path>) -> anyhow::Result<PathBuf> {
    let own = instance.is_further().then(|| instance.to_string());
    within(asked_for, own.as_deref())
}

fn within(asked_for: Option<&Path>, own: Option<&str>) -> anyhow::Result<PathBuf> {
    if let Some(dir) = asked_for {
        return std::path::absolute(dir).context("--data-dir");
    }
    let from = |variable| env::var_os(variable).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let users_own = || {
        let dir = from("XDG_STATE_HOME").map(|dir| dir.join("watchkeeper"));
        let dir = dir.or_else(|| from("HOME").map(|dir| dir.join(".local/state/watchkeeper")))?;
        Some(own.iter().fold(dir, |dir, own| dir.join(own)))
    };
    from("STATE_DIRECTORY")
        .or_else(users_own)
        .context("no data directory: $HOME is not set; use --data-dir DIR")
}
