//! One unit.

use super::{Outcome, Properties};
use watchkeeper_domain::Timestamp;

/// Instances of this template notify that another unit has failed: nothing is to be seen of them unless they fail.
const NOTIFIES_FAILURE: &str = "watchkeeper-failed@";

/// A unit as systemd has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// `watchkeeper@persister.service`
    pub(crate) name: String,
    /// `loaded`, or why there is no such unit.
    pub(crate) load: String,
    /// `active`, `activating`, `failed`, …
    pub(crate) active: String,
    /// The state in detail: `running`, `auto-restart`, …
    pub(crate) sub: String,
    pub(crate) is_enabled: bool,
    /// When it entered its state.
    pub(crate) since: Option<Timestamp>,
    /// What its processes use now.
    pub(crate) memory_bytes: Option<u64>,
    /// Since somebody last started it.
    pub(crate) restarts: u32,
    /// What its process says.
    pub(crate) status: String,
    /// Of the last run.
    pub(crate) outcome: Outcome,
}

impl Unit {
    pub(super) fn new(name: &str, properties: &Properties) -> Self {
        let active = properties.text("ActiveState");
        let since = match active.as_str() {
            "active" | "reloading" => "ActiveEnterTimestamp",
            "inactive" | "failed" => "InactiveEnterTimestamp",
            _ => "StateChangeTimestamp",
        };
        Self {
            name: name.to_owned(),
            load: properties.text("LoadState"),
            sub: properties.text("SubState"),
            is_enabled: properties.text("UnitFileState").starts_with("enabled"),
            since: properties.instant(since),
            memory_bytes: properties.bytes("MemoryCurrent"),
            restarts: properties.count("NRestarts"),
            status: properties.text("StatusText"),
            outcome: Outcome {
                result: properties.text("Result"),
                code: properties.signed("ExecMainCode"),
                status: properties.signed("ExecMainStatus"),
            },
            active,
        }
    }

    /// Whether it failed, or its file has errors.
    pub(crate) fn has_failed(&self) -> bool {
        self.active == "failed" || ["bad-setting", "error"].contains(&self.load.as_str())
    }

    /// Whether an operator expects to see it: it runs, is to run, or has failed.
    pub(crate) fn is_of_interest(&self) -> bool {
        let is_to_run = self.is_enabled || !matches!(self.active.as_str(), "inactive" | "");
        self.has_failed() || (self.load == "loaded" && is_to_run && !self.name.starts_with(NOTIFIES_FAILURE))
    }

    /// Whether a process of it runs, which its status is of.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "deactivating")
            || (self.active == "activating" && !self.waits_for_restart())
    }

    /// Whether it failed and is about to be started again.
    pub(crate) fn waits_for_restart(&self) -> bool {
        self.active == "activating" && self.sub.starts_with("auto-restart")
    }

    /// Its state in systemd's words: `active`, `activating (auto-restart)`.
    pub(crate) fn state(&self) -> String {
        let Self { load, active, sub, .. } = self;
        match active.as_str() {
            _ if load != "loaded" => load.clone(),
            "activating" | "deactivating" => format!("{active} ({sub})"),
            _ => active.clone(),
        }
    }

    /// How it failed: `exit code 1 after 10 restarts`. `None` if its last run has not failed.
    pub(crate) fn failure(&self) -> Option<String> {
        if self.load != "loaded" {
            return Some(format!("systemd cannot load it: {}", self.load));
        }
        let outcome = Some(&self.outcome).filter(|outcome| !outcome.is_success())?;
        Some(match self.restarts {
            0 => outcome.to_string(),
            1 => format!("{outcome} after 1 restart"),
            restarts => format!("{outcome} after {restarts} restarts"),
        })
    }
}

/// The command that shows why a unit failed.
pub(crate) fn log_command(unit: &str) -> String {
    format!("journalctl -u {unit} -n 50")
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::zvariant::{OwnedValue, Value};

    fn properties(values: &[(&str, Value<'static>)]) -> Properties {
        let owned = |(name, value): &(&str, Value<'static>)| {
            ((*name).to_owned(), OwnedValue::try_from(value.try_clone().unwrap()).unwrap())
        };
        Properties(values.iter().map(owned).collect())
    }

    fn unit(name: &str, values: &[(&str, Value<'static>)]) -> Unit {
        Unit::new(name, &properties(values))
    }

    #[test]
    fn what_systemd_says_of_a_unit_that_failed_is_read() {
        let failed = unit(
            "watchkeeper@persister.service",
            &[
                ("LoadState", "loaded".into()),
                ("ActiveState", "failed".into()),
                ("SubState", "failed".into()),
                ("UnitFileState", "enabled".into()),
                ("ActiveEnterTimestamp", 1_u64.into()),
                ("InactiveEnterTimestamp", 2_u64.into()),
                ("MemoryCurrent", u64::MAX.into()),
                ("NRestarts", 10_u32.into()),
                ("StatusText", "stopping".into()),
                ("Result", "exit-code".into()),
                ("ExecMainCode", 1_i32.into()),
                ("ExecMainStatus", 1_i32.into()),
            ],
        );
        assert_eq!(failed.since, Timestamp::from_micros(2));
        assert_eq!((failed.memory_bytes, failed.is_enabled, failed.runs()), (None, true, false));
        assert_eq!((failed.has_failed(), failed.is_of_interest()), (true, true));
        assert_eq!(failed.state(), "failed");
        assert_eq!(failed.failure().unwrap(), "exit code 1 after 10 restarts");
    }

    #[test]
    fn a_unit_that_waits_to_be_restarted_says_so_and_why() {
        let waits = unit(
            "watchkeeper@cache.service",
            &[
                ("LoadState", "loaded".into()),
                ("ActiveState", "activating".into()),
                ("SubState", "auto-restart".into()),
                ("NRestarts", 1_u32.into()),
                ("Result", "watchdog".into()),
            ],
        );
        assert_eq!(waits.state(), "activating (auto-restart)");
        assert_eq!((waits.has_failed(), waits.is_of_interest(), waits.runs()), (false, true, false));
        assert_eq!(waits.failure().unwrap(), "hung, and ended by the watchdog after 1 restart");
    }

    #[test]
    fn units_that_neither_run_nor_are_to_run_are_left_out() {
        let is_shown = |name: &str, load: &'static str, active: &'static str, file: &'static str| {
            let values =
                [("LoadState", load.into()), ("ActiveState", active.into()), ("UnitFileState", file.into())];
            unit(name, &values).is_of_interest()
        };
        let [role, notifies] = ["watchkeeper@cache.service", "watchkeeper-failed@a.service"];
        assert!(is_shown(role, "loaded", "inactive", "enabled"));
        assert!(is_shown(role, "loaded", "active", "disabled"));
        assert!(is_shown(role, "bad-setting", "inactive", "enabled"));
        assert!(is_shown(notifies, "loaded", "failed", "static"));
        assert!(!is_shown(role, "loaded", "inactive", "disabled"));
        assert!(!is_shown(role, "not-found", "inactive", ""));
        assert!(!is_shown(notifies, "loaded", "activating", "static"));
    }

    #[test]
    fn a_unit_of_which_nothing_is_known_is_not_of_interest() {
        assert!(!unit("watchkeeper@cache.service", &[]).is_of_interest());
    }
}
