//! Reloading the configuration on SIGHUP.

use crate::config::Config;
use prometheus::{Gauge, IntGauge, Registry};
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::Roster;
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::telemetry::{LogControl, register};

/// The notice after a rejected file, until another is accepted.
const REJECTED: &str =
    "the configuration was rejected when it was reloaded, the old one is in use: see the log";

/// Applies a reloaded configuration. Sections that cannot change at run time are named in the log and the status, until
/// the process is restarted or they are as they were.
pub(super) struct Reload {
    /// What holds.
    running: Config,
    access: Access,
    log_control: LogControl,
    roster: Roster,
    successful: IntGauge,
    success_at: Gauge,
}

impl Reload {
    /// For a process that was started with this configuration.
    pub(super) fn new(
        running: Config,
        access: Access,
        log_control: LogControl,
        roster: Roster,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let successful = IntGauge::new(
            "watchkeeper_config_last_reload_successful",
            "Whether the last reload of the configuration succeeded.",
        )?;
        let success_at = Gauge::new(
            "watchkeeper_config_last_reload_success_timestamp_seconds",
            "Unix time of the last successful load of the configuration.",
        )?;
        let (successful, success_at) = (register(registry, successful)?, register(registry, success_at)?);
        let reload = Self { running, access, log_control, roster, successful, success_at };
        reload.note_success();
        Ok(reload)
    }

    /// Applies what can change at run time. A file with errors is rejected as a whole.
    pub(super) fn reload(&mut self, loaded: anyhow::Result<Config>) {
        match loaded.map(|new| self.take(&new)) {
            Ok(later) => {
                self.note_success();
                self.roster.set_notice("reload", None);
                if later.is_empty() {
                    tracing::info!("configuration reloaded");
                    return self.roster.set_notice("restart", None);
                }
                let sections = later.join(", ");
                tracing::warn!(sections, "configuration reloaded; these sections change at the next restart");
                self.roster.set_notice("restart", Some(format!("restart to apply changes of: {sections}")));
            }
            Err(errors) => {
                tracing::error!("configuration rejected, keeping the old one: {errors:#}");
                self.successful.set(0);
                self.roster.set_notice("reload", Some(REJECTED.to_owned()));
            }
        }
    }

    /// Gives the sections that differ from what holds now.
    fn take(&mut self, new: &Config) -> Vec<&'static str> {
        self.log_control.set(new.log_level);
        self.access.replace(new.tokens.clone());
        // What has been applied is not among the sections that need a restart.
        self.running.log_level = new.log_level;
        self.running.tokens = new.tokens.clone();
        self.running.settings.replace(&new.settings);
        new.sections_that_differ(&self.running)
    }

    fn note_success(&self) {
        self.successful.set(1);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a float has room for the microseconds of this millennium"
        )]
        self.success_at.set(Timestamp::now().as_micros() as f64 / 1e6);
    }
}
