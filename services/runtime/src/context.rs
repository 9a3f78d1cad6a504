//! What a role gets from its process.

use crate::heartbeat::Heartbeat;
use crate::roster::{Dependency, Notice, Roster};
use prometheus::Registry;
use std::error::Error;
use std::fmt;
use tokio_util::sync::CancellationToken;

/// How a role ends: `Ok` after a requested stop, or the reason why only a restart helps.
pub type RoleResult = Result<(), Box<dyn Error + Send + Sync>>;

/// A role's handle on its process: status, dependencies, heartbeats, metrics and shutdown.
#[derive(Clone, Debug)]
pub struct RoleContext {
    role: &'static str,
    /// Whether `set_status` writes the role's status line.
    has_say: bool,
    roster: Roster,
    registry: Registry,
    shutdown: CancellationToken,
}

impl RoleContext {
    pub(crate) fn new(
        role: &'static str,
        roster: Roster,
        registry: Registry,
        shutdown: CancellationToken,
    ) -> Self {
        roster.enter(role);
        Self { role, has_say: true, roster, registry, shutdown }
    }

    /// A context without a process, for the test of one role.
    #[must_use]
    pub fn detached(role: &'static str) -> Self {
        let shutdown = CancellationToken::new();
        Self::new(role, Roster::default(), Registry::new(), shutdown)
    }

    /// The same for a part of a role that does not own the status line: the role combines the states of its parts
    /// itself.
    #[must_use]
    pub fn without_status(&self) -> Self {
        Self { has_say: false, ..self.clone() }
    }

    /// The name of the role.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// The health registry of this process.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The registry for the role's metrics.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Cancelled when the role must stop: receive nothing more, finish the pending work, commit, return.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Sets the role's status line, which `systemctl status` and the status page show.
    pub fn set_status(&self, status: impl fmt::Display) {
        if self.has_say {
            self.roster.set_status(self.role, status.to_string());
        }
    }

    /// Sets how many records of `topic` the role has not committed yet; `None` while that is not known.
    pub(crate) fn set_lag(&self, topic: &str, lag: Option<u64>) {
        self.roster.set_lag(self.role, topic, lag);
    }

    /// The lag of the role in all topics that it consumes; `None` while that is not known.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        self.roster.roles().get(self.role)?.lag()
    }

    /// Declares a dependency that the role requires; it is missing until it is up.
    #[must_use]
    pub fn dependency(&self, name: &'static str) -> Dependency {
        self.roster.dependency(self.role, name)
    }

    /// Declares a dependency that the role can do without: its outages are logged, and the role is ready meanwhile.
    #[must_use]
    pub fn optional_dependency(&self, name: &'static str) -> Dependency {
        self.roster.optional(self.role, name)
    }

    /// Declares a notice for operators under `name`; it is not set yet.
    #[must_use]
    pub fn notice(&self, name: &'static str) -> Notice {
        self.roster.notice(self.role, name)
    }

    /// Declares a loop of the role; the watchdog monitors it until the heartbeat is dropped.
    #[must_use]
    pub fn heartbeat(&self, loop_name: &str) -> Heartbeat {
        self.roster.heartbeat(self.role, loop_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_without_a_status_is_heard_in_all_but_that() {
        let role = RoleContext::detached("notifier");
        let part = role.without_status();
        role.set_status("12 alerts fire");
        part.set_status("lag 0");
        let shown = || role.roster().roles()["notifier"].to_string();
        assert_eq!(shown(), "12 alerts fire");
        let bus = part.dependency("bus");
        assert_eq!(shown(), "waiting for bus: not reached yet");
        bus.up();
        assert_eq!(shown(), "12 alerts fire");
        part.shutdown().cancel();
        assert!(role.shutdown().is_cancelled());
    }
}
