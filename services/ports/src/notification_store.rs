//! The groups of alerts, and the notification outbox.

use crate::PortError;
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Notification, Timestamp};

/// The groups of alerts, and their notifications until they are sent and for a while after.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// Every group, by key.
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError>;

    /// Stores a plan in one transaction: all of it, or nothing if another planner has changed one of the
    /// groups. A notification whose id already exists is skipped. Durable once it returns.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when the plan names a group twice (see [`Plan::check`]).
    async fn plan(&self, plan: Arc<Plan>) -> Result<Planned, PortError>;

    /// Claims up to `limit` notifications that are due at `now`, those that have waited longest first, and
    /// returns them in the state in which they waited. Nobody else can claim them before their leases end,
    /// `lease` after `now`. The claimant sends each one and settles it, renewing its lease meanwhile; one
    /// that does not is taken for dead.
    ///
    /// Of the notifications that wait for one recipient on one channel about one group, only the one stored
    /// last is claimed: those before it are superseded, if they are due, or wait after a failed attempt. While an earlier one
    /// is being sent, nothing is claimed: a recovery never overtakes the alert that it resolves.
    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<Claimed>, PortError>;

    /// Extends the lease to the end that its holder requested ([`Lease::ask_for`]), if the holder still has
    /// it. A lease past its end is still held until somebody else claims the notification. After an error,
    /// whether or not it was renewed, the same lease may be renewed again or used to settle the notification.
    async fn renew(&self, lease: &Lease) -> Result<Tenure, PortError>;

    /// Records the outcome of an attempt to send, on behalf of the lease's holder; a failed attempt is
    /// counted, a postponed one is not. A lost lease changes nothing, with one exception: a delivery is recorded even then, unless
    /// the notification is settled. Nobody sends it again, and whoever has claimed it since loses the lease.
    /// A delivery makes due what waits for the same recipient on the same channel after a failed attempt, unless
    /// somebody has claimed it.
    /// Settled notifications are not changed; unknown ids are ignored.
    async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError>;

    /// The newest notifications, the newest first.
    async fn newest(&self, limit: usize) -> Result<Vec<Notification>, PortError>;

    /// The newest notifications about an alert ([`AlertKey::id`](crate::AlertKey::id)), the newest first.
    async fn about(&self, alert: &str, limit: usize) -> Result<Vec<Notification>, PortError>;

    /// Makes a notification due at `now`, if it waits for its next attempt or was given up, and returns what it was. One
    /// that was given up waits again, as if it had not been attempted.
    async fn retry(&self, id: &str, now: Timestamp) -> Result<Retried, PortError>;

    /// How many notifications wait to be sent.
    async fn waiting(&self) -> Result<u64, PortError>;

    /// Removes notifications created before `before` that do not wait; returns how many.
    async fn prune(&self, before: Timestamp) -> Result<u64, PortError>;

    /// Health check: returns `Ok` if the store accepts writes.
    async fn check(&self) -> Result<(), PortError>;
}

/// A claimed notification, with the lease that its claimant holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The notification, in the state in which it waited.
    pub notification: Notification,
    /// The claimant's lease.
    pub lease: Lease,
}

/// The right to send one notification until a time. Its end identifies it, as no two holders have the same:
/// each later claim gets a later end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    id: String,
    end: Timestamp,
    asked_for: Timestamp,
}

impl Lease {
    /// The lease of notification `id` that ends at `end`. While a notification waits for its next attempt and
    /// nobody has claimed it, whoever knows the instant of that attempt holds its lease.
    pub fn new(id: impl Into<String>, end: Timestamp) -> Self {
        Self { id: id.into(), end, asked_for: end }
    }

    /// The notification's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it ends: the first instant, or the second if a renewal succeeded but its answer was lost.
    pub fn ends(&self) -> [Timestamp; 2] {
        [self.end, self.asked_for]
    }

    /// Requests a new end with the next renewal. While the answer to the last renewal is unknown, that one is
    /// requested again.
    pub fn ask_for(&mut self, end: Timestamp) {
        if self.asked_for == self.end {
            self.asked_for = end;
        }
    }

    /// The requested end was granted.
    pub fn granted(&mut self) {
        self.end = self.asked_for;
    }
}

/// Whether the caller still holds the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// The request was carried out.
    Held,
    /// It was not: somebody else has claimed the notification, or it is settled.
    Lost,
}

/// The state of one group of alerts, in a form that only planners read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertGroup {
    /// Identifies the group.
    pub key: String,
    /// Increases with every write, even if the group was removed in between; from 1.
    pub version: u64,
    /// The planner's state.
    pub state: Bytes,
}

/// What a planner decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The groups that change.
    pub groups: Vec<GroupChange>,
    /// Notifications to send; each waits.
    pub notifications: Vec<Notification>,
    /// Which alerts they are about. What is not listed is found by no alert.
    pub about: Vec<About>,
}

/// The alerts that a notification is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The id of the notification.
    pub notification: String,
    /// The [ids](crate::AlertKey::id) of the alerts.
    pub alerts: Vec<String>,
}

impl Plan {
    /// Checks that no group is named twice: of two changes it would be unclear which one is meant. For
    /// stores; `what` names the dependency in errors.
    ///
    /// # Errors
    /// [`PortError::Rejected`], with the key that is repeated.
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
    /// The version that the planner read; 0 if there was no such group.
    pub expected: u64,
    /// The new state; `None` removes the group.
    pub state: Option<Bytes>,
}

/// Whether a plan was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planned {
    /// It was.
    Stored,
    /// Nothing was stored: another planner has changed one of the groups. Read them and plan again.
    Outdated,
}

/// What became of a request to send a notification now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// It is due.
    Due,
    /// It is being sent, or is due already.
    UnderWay,
    /// It was delivered, or a newer one took its place.
    Settled,
    /// A newer notification to the same recipient about the same group is waiting or was delivered.
    Outdated,
    /// There is no such notification.
    Unknown,
}

/// The outcome of an attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The recipient's side accepted it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// The attempt failed and will be retried.
    Failed {
        /// When.
        retry_at: Timestamp,
        /// Why it failed.
        reason: String,
    },
    /// Nothing was attempted, because the recipient asked for a pause.
    Postponed {
        /// The end of the pause.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// It will not be retried.
    GivenUp {
        /// When the sender gave up.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}
