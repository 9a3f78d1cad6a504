//! An in-memory outbox that fails as the test says.

use crate::deliver::LEASE;
use async_trait::async_trait;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_domain::{Channel, Notification, NotificationState, Timestamp};
use watchkeeper_ports::{
    AlertGroup, Claimed, Lease, NotificationStore, Outcome, Plan, Planned, PortError, Retried, Tenure,
};

/// Runs during a call.
type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
pub(crate) struct FakeOutbox {
    /// Pending and not leased.
    pub(crate) due: Mutex<VecDeque<Notification>>,
    /// Leased, by lease and expiry.
    pub(crate) held: Mutex<Vec<(Claimed, Instant)>>,
    pub(crate) settled: Mutex<Vec<(String, Outcome)>>,
    pub(crate) plans: Mutex<Vec<Plan>>,
    /// So many plans are outdated.
    pub(crate) outdated: Mutex<usize>,
    pub(crate) waiting: u64,
    /// Runs before the groups are returned for the first time.
    pub(crate) meanwhile: Mutex<Option<Meanwhile>>,
    /// No call is answered.
    pub(crate) is_away: Mutex<bool>,
    /// So many leases, renewals and settlements fail.
    pub(crate) failures: Mutex<usize>,
}

/// A pending mail.
pub(crate) fn mail(id: &str) -> Notification {
    let (made_at, recipient) = (Timestamp::now(), "ops@example.org");
    let body = serde_json::json!({
        "id": id, "from": "watchkeeper@localhost", "to": recipient, "subject": "s", "text": "t",
        "date": made_at.to_string(),
    });
    Notification {
        id: id.into(),
        group: "all".into(),
        channel: Channel::Mail,
        recipient: recipient.into(),
        subject: "s".into(),
        body: body.to_string(),
        made_at,
        state: NotificationState::Waiting { attempts: 0, next_at: made_at, last_error: None },
    }
}

impl FakeOutbox {
    /// With so many pending mails.
    pub(crate) fn with_mails(count: usize) -> Arc<Self> {
        let due = (0..count).map(|number| mail(&number.to_string())).collect();
        Arc::new(Self { due: Mutex::new(due), ..Self::default() })
    }

    /// Expires every lease now, by the clock of the lessees.
    pub(crate) fn end_leases(&self) {
        self.held.lock().unwrap().iter_mut().for_each(|(_, until)| *until = Instant::now());
    }

    fn fail(&self) -> Result<(), PortError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures == 0 && !*self.is_away.lock().unwrap() {
            return Ok(());
        }
        *failures = failures.saturating_sub(1);
        Err(PortError::Unavailable { what: "outbox", reason: "connection refused".into() })
    }
}

fn is_held(claimed: &Claimed, lease: &Lease) -> bool {
    claimed.lease.id() == lease.id() && lease.ends().contains(&claimed.lease.ends()[0])
}

#[async_trait]
impl NotificationStore for FakeOutbox {
    async fn groups(&self) -> Result<Vec<AlertGroup>, PortError> {
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        Ok(Vec::new())
    }

    async fn plan(&self, plan: Arc<Plan>) -> Result<Planned, PortError> {
        let mut outdated = self.outdated.lock().unwrap();
        if *outdated > 0 {
            *outdated -= 1;
            return Ok(Planned::Outdated);
        }
        self.plans.lock().unwrap().push(Plan::clone(&plan));
        Ok(Planned::Stored)
    }

    async fn claim(&self, now: Timestamp, lease: Duration, limit: usize) -> Result<Vec<Claimed>, PortError> {
        self.fail()?;
        let (mut due, mut held) = (self.due.lock().unwrap(), self.held.lock().unwrap());
        let has_ended = |(_, until): &mut (Claimed, Instant)| *until <= Instant::now();
        due.extend(held.extract_if(.., has_ended).map(|(claimed, _)| claimed.notification));
        let count = limit.min(due.len());
        let claim = |notification: Notification| Claimed {
            lease: Lease::new(&*notification.id, now.plus(lease)),
            notification,
        };
        let claimed: Vec<_> = due.drain(..count).map(claim).collect();
        held.extend(claimed.iter().map(|claimed| (claimed.clone(), Instant::now() + lease)));
        Ok(claimed)
    }

    async fn renew(&self, lease: &Lease) -> Result<Tenure, PortError> {
        self.fail()?;
        let mut held = self.held.lock().unwrap();
        let Some((claimed, until)) = held.iter_mut().find(|(claimed, _)| is_held(claimed, lease)) else {
            return Ok(Tenure::Lost);
        };
        claimed.lease = Lease::new(lease.id(), lease.ends()[1]);
        *until = Instant::now() + LEASE;
        Ok(Tenure::Held)
    }

    async fn settle(&self, lease: &Lease, outcome: &Outcome) -> Result<Tenure, PortError> {
        self.fail()?;
        let mut held = self.held.lock().unwrap();
        let Some(index) = held.iter().position(|(claimed, _)| is_held(claimed, lease)) else {
            return Ok(Tenure::Lost);
        };
        held.remove(index);
        self.settled.lock().unwrap().push((lease.id().to_owned(), outcome.clone()));
        Ok(Tenure::Held)
    }

    async fn newest(&self, _: usize) -> Result<Vec<Notification>, PortError> {
        Ok(Vec::new())
    }

    async fn about(&self, _: &str, _: usize) -> Result<Vec<Notification>, PortError> {
        Ok(Vec::new())
    }

    async fn retry(&self, _: &str, _: Timestamp) -> Result<Retried, PortError> {
        Ok(Retried::Unknown)
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        self.fail()?;
        Ok(self.waiting)
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}
