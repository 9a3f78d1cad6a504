//! What a role takes that `watchkeeper run` runs in a process of its own.

use crate::config::Config;
use crate::role::Role;
use anyhow::{bail, ensure};
use std::path::Path;
use watchkeeper_runtime::http::Access;

/// Why analytics has nobody to ask.
pub(crate) const NO_API: &str = "analytics cannot find the api: [grpc] listen has port 0. Give it a fixed port, or set \
                                 [analytics] api = \"http://127.0.0.1:8461\"";
/// Why the api does not let analytics in.
const NO_TOKEN: &str = "analytics asks the api, which lets in only who has a token: make one with `watchkeeper token \
                        analytics --scope read`, and name its file, [analytics] token_file";

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
        if role == Role::Analytics {
            let asked_here = self.analytics.api.is_none();
            ensure!(!asked_here || self.listen.api().is_some(), NO_API);
            let is_open = Access::new(self.tokens.clone()).is_open();
            ensure!(!asked_here || is_open || self.analytics.token.is_some(), NO_TOKEN);
        }
        Ok(())
    }
}
