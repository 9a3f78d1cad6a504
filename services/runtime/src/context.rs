//! What a role gets from its process.

use crate::heartbeat::{Heartbeat, Heartbeats};
use crate::roster::{Dependency, Notice, Roster};
use prometheus::Registry;
use std::error::Error;
use std::fmt;
use tokio_util::sync::CancellationToken;

/// How a role ends: well after it was asked to stop, or with the reason why only a restart helps.
pub type RoleResult = Result<(), Box<dyn Error + Send + Sync>>;

/// What a role gets from its process: how to tell how it is, and to learn when to stop.
#[derive(Clone, Debug)]
pub struct RoleContext {
    role: &'static str,
    /// Whether what is said here is the role's status line.
    has_say: bool,
    roster: Roster,
    heartbeats: Heartbeats,
    registry: Registry,
    shutdown: CancellationToken,
}

impl RoleContext {
    pub(crate) fn new(
        role: &'static str,
        roster: Roster,
        heartbeats: Heartbeats,
        registry: Registry,
        shutdown: CancellationToken,
    ) -> Self {
        roster.enter(role);
        Self { role, has_say: true, roster, heartbeats, registry, shutdown }
    }

    /// A context that belongs to no process, for a test of one role.
    #[must_use]
    pub fn detached(role: &'static str) -> Self {
        let shutdown = CancellationToken::new();
        Self::new(role, Roster::default(), Heartbeats::default(), Registry::new(), shutdown)
    }

    /// The same for a part of the role whose status line is none of the role: the role has many parts, and
    /// puts their states in one line itself.
    #[must_use]
    pub fn without_status(&self) -> Self {
        Self { has_say: false, ..self.clone() }
    }

    /// The role's name.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// What the roles of this process say of themselves.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Where the role's metrics are registered, once each.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Cancelled when the role is to stop: take nothing more, finish what is in hand, commit, return.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Sets the line that `systemctl status` and the page show for this role.
    pub fn set_status(&self, status: impl fmt::Display) {
        if self.has_say {
            self.roster.set_status(self.role, status.to_string());
        }
    }

    /// Declares something that the role cannot work without; it is missing until it is up.
    #[must_use]
    pub fn dependency(&self, name: &'static str) -> Dependency {
        self.roster.dependency(self.role, name)
    }

    /// Something under `name` that an operator is to see for as long as it holds. Nothing is seen yet.
    #[must_use]
    pub fn notice(&self, name: &'static str) -> Notice {
        self.roster.notice(self.role, name)
    }

    /// Declares a loop of the role, which the watchdog watches until the heartbeat is dropped.
    #[must_use]
    pub fn heartbeat(&self, loop_name: &str) -> Heartbeat {
        self.heartbeats.start(format!("{}.{loop_name}", self.role))
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
