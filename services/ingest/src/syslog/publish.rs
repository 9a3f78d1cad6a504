//! Publishes pending events.

use super::messages::Messages;
use crate::intake::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;
use watchkeeper_ports::{EventBus as _, Failure, PortError, Topic};
use watchkeeper_runtime::consumer::publish_accepted;
use watchkeeper_runtime::{Backoff, Heartbeat, RoleContext, RoleResult, Rounds, Stopped};

/// A round begins at the latest after so long, although events begin one.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long the last events may take when the role stops: less than `STOP_TIMEOUT` of the process.
const FLUSH_WITHIN: Duration = Duration::from_millis(1_500);

pub(super) struct Publisher {
    context: RoleContext,
    shared: Arc<Shared>,
    messages: Arc<Messages>,
}

impl Publisher {
    pub(super) fn new(context: &RoleContext, shared: Arc<Shared>, messages: Arc<Messages>) -> Self {
        Self { context: context.clone(), shared, messages }
    }

    /// Publishes events until the role stops. Those that arrive while a batch is on its way go together into the next.
    pub(super) async fn run(&self) -> RoleResult {
        let heartbeat = self.context.heartbeat("syslog_publish");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        let mut backoff = Backoff::default();
        loop {
            let round = self.round(&heartbeat, &mut backoff);
            if !rounds.next_or_when(self.messages.pending.due(), round).await? {
                return Ok(());
            }
        }
    }

    /// Publishes all that is pending; waits after a failure, which leaves it there.
    async fn round(&self, heartbeat: &Heartbeat, backoff: &mut Backoff) -> Result<(), Stopped> {
        while let Some(published) =
            heartbeat.waiting(self.shared.bus.dependency(), self.publish_front()).await
        {
            match published {
                Ok(()) => *backoff = Backoff::default(),
                Err(error) if error.failure() == Failure::Stop => return Err(error.into()),
                Err(error) => {
                    backoff.pause(&self.context, heartbeat).await?;
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// Publishes the first batch; `None` if there is none.
    async fn publish_front(&self) -> Option<Result<(), PortError>> {
        let front = self.messages.pending.front()?;
        let publish = |records| self.shared.bus.publish(&Topic::EVENTS, records);
        let rejected = match publish_accepted(&front, publish).await {
            Ok(rejected) => rejected,
            Err(error) => return Some(Err(error)),
        };
        if let Some((_, error)) = rejected.first() {
            tracing::error!(%error, records = rejected.len(), "dropped messages of syslog that the bus rejected");
        }
        self.messages.metrics.unpublished.inc_by(rejected.len() as u64);
        self.shared.syslog.fetch_add((front.len() - rejected.len()) as u64, Ordering::Relaxed);
        self.messages.pending.remove_front();
        Some(Ok(()))
    }

    /// Publishes the last events, when nothing more is received. What the bus does not take in time is lost, and counted.
    pub(super) async fn flush(&self) {
        let flush = async { while let Some(Ok(())) = self.publish_front().await {} };
        let _ = timeout(FLUSH_WITHIN, flush).await;
        let records = self.messages.pending.len();
        if records > 0 {
            self.messages.metrics.unpublished.inc_by(records as u64);
            tracing::error!(
                records,
                "lost the last messages of syslog: the bus did not take them before the end"
            );
        }
    }
}
