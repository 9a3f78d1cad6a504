//! What a SIGHUP changes.

use crate::config::Config;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::telemetry::LogControl;

/// What a configuration that was read again changes. The log level and the tokens change at once; for the rest the
/// process must be started anew, and says so.
pub(super) struct Reload {
    pub(super) running: Config,
    pub(super) log_control: LogControl,
    pub(super) access: Access,
}

impl Reload {
    /// Takes over what can be of what was read anew; a file with errors is refused whole, and the old
    /// settings stay.
    pub(super) fn reload(&mut self, loaded: anyhow::Result<Config>) {
        let new = match loaded {
            Ok(new) => new,
            Err(errors) => {
                tracing::error!("the configuration is refused, the old one stays: {errors:#}");
                return;
            }
        };
        self.log_control.set(new.log_level);
        self.access.replace(new.tokens.clone());
        self.running.log_level = new.log_level;
        self.running.tokens = new.tokens.clone();
        let later = new.sections_that_differ(&self.running);
        if later.is_empty() {
            tracing::info!("configuration reloaded");
        } else {
            tracing::warn!(
                sections = later.join(", "),
                "configuration reloaded; these change at the next start"
            );
        }
    }
}
