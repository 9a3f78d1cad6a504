//! An outbox in memory, which fails as the test says.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use watchkeeper_domain::{Channel, Notification, NotificationState, Timestamp};
use watchkeeper_ports::{AlertGroup, NotificationStore, Outcome, Plan, Planned, PortError};

/// What happens while somebody is asked.
type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
pub(crate) struct FakeOutbox {
    /// Each is given out once.
    pub(crate) due: Mutex<VecDeque<Notification>>,
    pub(crate) settled: Mutex<Vec<(String, Outcome)>>,
    pub(crate) plans: Mutex<Vec<Plan>>,
    /// So many plans are outdated.
    pub(crate) outdated: Mutex<usize>,
    pub(crate) waiting: u64,
    /// Happens before the groups are given out for the first time.
    pub(crate) meanwhile: Mutex<Option<Meanwhile>>,
    /// So many claims and settlements fail.
    pub(crate) failures: Mutex<usize>,
}

/// A mail that waits.
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
    /// One in which so many mails wait.
    pub(crate) fn with_mails(count: usize) -> Arc<Self> {
        let due = (0..count).map(|number| mail(&number.to_string())).collect();
        Arc::new(Self { due: Mutex::new(due), ..Self::default() })
    }

    fn fail(&self) -> Result<(), PortError> {
        let mut failures = self.failures.lock().unwrap();
        if *failures == 0 {
            return Ok(());
        }
        *failures -= 1;
        Err(PortError::Unavailable { what: "outbox", reason: "connection refused".into() })
    }
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

    async fn plan(&self, plan: &Arc<Plan>) -> Result<Planned, PortError> {
        let mut outdated = self.outdated.lock().unwrap();
        if *outdated > 0 {
            *outdated -= 1;
            return Ok(Planned::Outdated);
        }
        self.plans.lock().unwrap().push(Plan::clone(plan));
        Ok(Planned::Stored)
    }

    async fn claim(&self, _: Timestamp, _: Duration, limit: usize) -> Result<Vec<Notification>, PortError> {
        self.fail()?;
        let mut due = self.due.lock().unwrap();
        let count = limit.min(due.len());
        Ok(due.drain(..count).collect())
    }

    async fn settle(&self, id: &str, outcome: &Outcome) -> Result<(), PortError> {
        self.fail()?;
        self.settled.lock().unwrap().push((id.to_owned(), outcome.clone()));
        Ok(())
    }

    async fn newest(&self, _: usize) -> Result<Vec<Notification>, PortError> {
        Ok(Vec::new())
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        Ok(self.waiting)
    }

    async fn prune(&self, _: Timestamp) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}
