//! The running tasks of each role.

use crate::context::RoleResult;
use crate::telemetry::role_span;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use tokio::task::{Id, JoinSet};
use tracing::Instrument as _;

/// The tasks of a process, each part of a role.
#[derive(Default)]
pub(super) struct Tasks {
    running: JoinSet<RoleResult>,
    roles: HashMap<Id, &'static str>,
}

impl Tasks {
    pub(super) fn spawn(
        &mut self,
        role: &'static str,
        run: impl Future<Output = RoleResult> + Send + 'static,
    ) {
        let id = self.running.spawn(run.instrument(role_span(role))).id();
        self.roles.insert(id, role);
    }

    /// Waits for the next task to end; returns its role and result. A panic is a failure. `None` when none is left.
    /// Cancel-safe.
    pub(super) async fn next_end(&mut self) -> Option<(&'static str, RoleResult)> {
        let (id, result) = match self.running.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(panic) => (panic.id(), Err(panic.to_string().into())),
        };
        let role = self.roles.remove(&id).expect("`spawn` notes the role of every task");
        Some((role, result))
    }

    /// The roles with running tasks.
    pub(super) fn unfinished(&self) -> BTreeSet<&'static str> {
        self.roles.values().copied().collect()
    }
}
