//! Who is to be told what: the groups of alerts and the outbox.

use crate::PortError;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Notification, Timestamp};

/// The groups of alerts, and the notifications about them until they have been sent, and for a while after.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// Every group, by key.
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError>;

    /// Stores what a planner decided, in one transaction: all of it, or nothing when a group was changed
    /// by somebody else. A notification whose id is there already is left out. Durable when it returns.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when the plan names a group twice (see [`Plan::check`]).
    async fn plan(&self, plan: &Arc<Plan>) -> Result<Planned, PortError>;

    /// Up to `limit` notifications that are to be sent by `now`, those that have waited longest first, in
    /// the state in which they waited. Nobody is given them again within `lease`: who has claimed one sends
    /// it and settles it, or is dead.
    ///
    /// Of those that wait for one recipient (by one channel) about one group, only the one that was stored
    /// first is ever given: a recovery does not overtake what it recovers from.
    async fn claim(
        &self,
        now: Timestamp,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Notification>, PortError>;

    /// Notes what became of an attempt to send: one that failed is counted. A notification that is settled
    /// for good stays as it is; one that is not there is nobody's concern.
    async fn settle(&self, id: &str, outcome: &Outcome) -> Result<(), PortError>;

    /// The newest notifications, the newest first.
    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError>;

    /// How many wait to be sent.
    async fn waiting(&self) -> Result<u64, PortError>;

    /// Removes notifications made before `before` that do not wait; gives how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;

    /// Answers if the store can be written to.
    async fn check(&self) -> Result<(), PortError>;
}

/// What is known of one group of alerts, in a form that only planners read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertGroup {
    /// What tells it from the others.
    pub key: String,
    /// Greater each time it is stored, also if it was removed in between; from 1.
    pub version: u64,
    /// What is known.
    pub state: Bytes,
}

/// What a planner decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The groups that change.
    pub groups: Vec<GroupChange>,
    /// What is to be sent; each waits.
    pub notifications: Vec<Notification>,
}

impl Plan {
    /// Whether each group is named once: of two changes of one group, which was meant is not known. For
    /// stores; `what` is how the operator knows the one that asks.
    ///
    /// # Errors
    /// [`PortError::Rejected`], with the key that comes again.
    pub fn check(&self, what: &'static str) -> Result<(), PortError> {
        let mut named = HashSet::with_capacity(self.groups.len());
        match self.groups.iter().find(|change| !named.insert(&change.key)) {
            Some(GroupChange { key, .. }) => {
                Err(PortError::Rejected { what, reason: format!("groups: {key:?} is named twice") })
            }
            None => Ok(()),
        }
    }
}

/// How one group changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupChange {
    /// The group's key.
    pub key: String,
    /// The version that the planner saw; 0 if there was no such group.
    pub expected: u64,
    /// What is known from now on; `None` removes the group.
    pub state: Option<Bytes>,
}

/// Whether a plan was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// It was.
    Stored,
    /// Nothing of it: another planner has changed one of the groups. Look again and plan anew.
    Outdated,
}

/// What became of an attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It is to be tried again.
    Failed {
        /// When.
        retry_at: Timestamp,
        /// Why it failed.
        reason: String,
    },
    /// It is not to be tried again.
    GivenUp {
        /// When that was decided.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}
