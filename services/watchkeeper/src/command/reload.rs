//! Reloading the configuration on SIGHUP.

use crate::config::Config;
use prometheus::{Gauge, IntGauge, Registry};
use std::fmt;
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
            Ok(taken) => {
                self.note_success();
                self.roster.set_notice("reload", None);
                if taken.later.is_empty() {
                    tracing::info!("configuration reloaded: {taken}");
                } else {
                    tracing::warn!("configuration reloaded: {taken}");
                }
                self.roster.set_notice("restart", taken.notice());
            }
            Err(errors) => {
                tracing::error!("configuration rejected, keeping the old one: {errors:#}");
                self.successful.set(0);
                self.roster.set_notice("reload", Some(REJECTED.to_owned()));
            }
        }
    }

    fn take(&mut self, new: &Config) -> Taken {
        let differed = new.sections_that_differ(&self.running);
        self.log_control.set(new.log_level);
        self.access.replace(new.tokens.clone());
        // What has been applied is not among the sections that need a restart.
        self.running.log_level = new.log_level;
        self.running.tokens = new.tokens.clone();
        self.running.settings.replace(&new.settings);
        let later = new.sections_that_differ(&self.running);
        let changed = differed.into_iter().filter(|section| !later.contains(section)).collect();
        Taken { changed, later }
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

/// What a reload changed, by the names of sections.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    /// In use now.
    changed: Vec<&'static str>,
    /// Different from what is in use, until a restart.
    later: Vec<&'static str>,
}

impl Taken {
    fn notice(&self) -> Option<String> {
        (!self.later.is_empty()).then(|| format!("restart to apply changes of: {}", self.later.join(", ")))
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changed.is_empty() {
            f.write_str("nothing changed")?;
        } else {
            write!(f, "changed {}", self.changed.join(", "))?;
        }
        self.notice().map_or(Ok(()), |notice| write!(f, "; {notice}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_what_changed_and_what_needs_a_restart() {
        let taken = |changed: &[&'static str], later: &[&'static str]| {
            Taken { changed: changed.into(), later: later.into() }.to_string()
        };
        assert_eq!(taken(&[], &[]), "nothing changed");
        assert_eq!(taken(&["token", "collector"], &[]), "changed token, collector");
        assert_eq!(
            taken(&["collector"], &["backends", "api"]),
            "changed collector; restart to apply changes of: backends, api"
        );
        assert_eq!(taken(&[], &["api"]), "nothing changed; restart to apply changes of: api");
    }
}
