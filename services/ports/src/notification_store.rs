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
    async fn plan(&self, plan: Arc<Plan>) -> Result<Planned, PortError>;

    /// Up to `limit` notifications that are to be sent by `now`, those that have waited longest first, in
    /// the state in which they waited. Nobody else is given them before their leases end, `lease` after `now`:
    /// who has claimed one sends it and settles it, renewing the lease for as long as that takes, or is dead.
    ///
    /// Of those that wait for one recipient (by one channel) about one group, only the one that was stored
    /// first is ever given: a recovery does not overtake what it recovers from.
    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<Claimed>, PortError>;

    /// Lets the lease end when its holder has asked for ([`Lease::ask_for`]), if it is still the holder's: one
    /// that has ended is, until somebody else claims the notification. After an error the same lease may be
    /// renewed again, or the notification settled with it, whether or not it was renewed.
    async fn renew(&self, lease: &Lease) -> Result<Tenure, PortError>;

    /// Notes what became of an attempt to send, by who holds the lease: one that failed is counted. With a
    /// lease that is lost nothing is noted, but that the notification was delivered, unless it is settled: then
    /// nobody sends it again, and who has claimed it since loses its lease. A notification that is settled for
    /// good stays as it is; one that is not there is nobody's concern.
    async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError>;

    /// The newest notifications, the newest first.
    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError>;

    /// How many wait to be sent.
    async fn waiting(&self) -> Result<u64, PortError>;

    /// Removes notifications made before `before` that do not wait; gives how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;

    /// Answers if the store can be written to.
    async fn check(&self) -> Result<(), PortError>;
}

/// A notification that its claimant alone may send, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The notification, in the state in which it waited.
    pub notification: Notification,
    /// What its claimant holds.
    pub lease: Lease,
}

/// The right to send one notification. It is known by its end, which no two holders have in common: who claims a
/// notification after another is given a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    id: String,
    end: Timestamp,
    asked_for: Timestamp,
}

impl Lease {
    /// The lease of notification `id` that ends at `end`. One that waits for its next attempt and is claimed by
    /// nobody is held by whoever says when that is.
    pub fn new(id: impl Into<String>, end: Timestamp) -> Self {
        Self { id: id.into(), end, asked_for: end }
    }

    /// The notification's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it ends: the first, or the second if a renewal was made whose answer was lost.
    pub fn ends(&self) -> [Timestamp; 2] {
        [self.end, self.asked_for]
    }

    /// Asks for another end with the next renewal. While the answer to the last one is not known, that one is
    /// asked for again.
    pub fn ask_for(&mut self, end: Timestamp) {
        if self.asked_for == self.end {
            self.asked_for = end;
        }
    }

    /// What was asked for was granted.
    pub fn granted(&mut self) {
        self.end = self.asked_for;
    }
}

/// Whether a lease is held by who asks for something with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// What was asked for is done.
    Held,
    /// It is not: the notification was claimed by another, or is settled.
    Lost,
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
