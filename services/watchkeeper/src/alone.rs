//! What a role takes that `watchkeeper run` runs in a process of its own.

use crate::config::Config;
use crate::role::Role;
use anyhow::{Error, bail};
use std::path::Path;

impl Config {
    /// Whether `role` can run in a process of its own with this configuration, which stands in `file`.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub(crate) fn check_alone(&self, role: Role, file: &Path) -> anyhow::Result<()> {
        let not_shared = self.backends.not_shared();
        if !not_shared.is_empty() {
            bail!(
                "the {role} cannot run in a process of its own: {} of [backends] belong to one process, so a second \
                 role could not use them. Name engines there (kafka://, postgres://, redis://, mongodb://), or use \
                 `watchkeeper up --config {}`, which runs every role in one process",
                not_shared.join(", "),
                file.display(),
            );
        }
        if let Some(check_alone) = role.check_alone {
            check_alone(&self.settings, &self.peers()).map_err(Error::msg)?;
        }
        Ok(())
    }
}
