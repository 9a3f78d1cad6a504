//! Reloading the configuration on SIGHUP.

use crate::config::Config;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::telemetry::LogControl;

/// Applies a reloaded configuration. The log level and the tokens change at once; everything else needs a restart, and
/// is logged.
pub(super) struct Reload {
    pub(super) running: Config,
    pub(super) log_control: LogControl,
    pub(super) access: Access,
}

impl Reload {
    /// Applies what can change at run time. A file with errors is rejected as a whole, and the old settings stay.
    pub(super) fn reload(&mut self, loaded: anyhow::Result<Config>) {
        let new = match loaded {
            Ok(new) => new,
            Err(errors) => {
                tracing::error!("configuration rejected, keeping the old one: {errors:#}");
                return;
            }
        };
        self.log_control.set(new.log_level);
        self.access.replace(new.tokens.clone());
        // What has been applied is not among the sections that need a restart.
        self.running.log_level = new.log_level;
        self.running.tokens = new.tokens.clone();
        let later = new.sections_that_differ(&self.running);
        if later.is_empty() {
            tracing::info!("configuration reloaded");
        } else {
            tracing::warn!(
                sections = later.join(", "),
                "configuration reloaded; these sections change after a restart"
            );
        }
    }
}
