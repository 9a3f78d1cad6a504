//! One topic of the spool: its gate, and what waits on the disk.

use crate::gate::Gate;
use tokio::sync::OnceCell;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Group, Offset, PortError, Topic};

/// One topic of the spool.
pub(crate) struct TopicSpool {
    pub(crate) name: Topic,
    pub(crate) gate: Gate,
    /// Done once somebody has looked whether anything waits from before.
    begun: OnceCell<()>,
    /// Done once the group is known: only from then on does the disk keep what was not forwarded.
    joined: OnceCell<()>,
}

/// What waits on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// Records that were not forwarded, as far as the disk knows.
    pub(crate) records: u64,
    /// When the first of them was written.
    pub(crate) oldest: Option<Timestamp>,
}

impl TopicSpool {
    pub(crate) fn of(name: Topic) -> Self {
        Self { name, gate: Gate::default(), begun: OnceCell::new(), joined: OnceCell::new() }
    }

    /// Lets the first batch go directly if nothing waits from before.
    pub(crate) async fn begin(&self, disk: &dyn EventBus) -> Result<(), PortError> {
        let begin = || async {
            if self.waiting(disk, 0).await? == 0 {
                let closed = self.gate.close().await;
                // Somebody may have written to the disk before the gate was closed.
                if self.waiting(disk, 0).await? == 0 {
                    closed.open_directly();
                }
            }
            Ok(())
        };
        self.begun.get_or_try_init(begin).await.map(drop)
    }

    /// Makes the group known, before the first batch is written.
    pub(crate) async fn join(&self, disk: &dyn EventBus) -> Result<(), PortError> {
        let join = || async { disk.subscribe(&self.name, &forwarders()).await.map(drop) };
        self.joined.get_or_try_init(join).await.map(drop)
    }

    /// How many records wait from `forwarded` on, which may be further than the disk knows.
    pub(crate) async fn waiting(&self, disk: &dyn EventBus, forwarded: Offset) -> Result<u64, PortError> {
        let lags = disk.lag(&self.name, &forwarders()).await?;
        Ok(lags.iter().map(|lag| lag.high.saturating_sub(lag.committed.max(forwarded))).sum())
    }

    /// What waits.
    pub(crate) async fn backlog(&self, disk: &dyn EventBus) -> Result<Backlog, PortError> {
        let mut backlog = Backlog::default();
        for lag in disk.lag(&self.name, &forwarders()).await? {
            let mut oldest = None;
            if lag.records() > 0 {
                let first = disk.read(&lag.partition, lag.committed, 1).await?;
                oldest = (!first.records.is_empty()).then_some(first.appended_at);
            }
            backlog = backlog.and(Backlog { records: lag.records(), oldest });
        }
        Ok(backlog)
    }
}

impl Backlog {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            oldest: [self.oldest, other.oldest].into_iter().flatten().min(),
        }
    }
}

/// The only group that consumes from the spool.
pub(crate) fn forwarders() -> Group {
    Group::named("forwarders")
}
