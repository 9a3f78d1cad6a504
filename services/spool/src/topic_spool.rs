//! One topic of the spool: its gate and its backlog.

use crate::gate::Gate;
use tokio::sync::OnceCell;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Group, Offset, PortError, Topic};

/// One topic of the spool.
pub(crate) struct TopicSpool {
    pub(crate) name: Topic,
    pub(crate) gate: Gate,
    /// Set once the backlog of earlier runs was checked.
    begun: OnceCell<()>,
    /// Set once the group has joined: only then does the disk keep records that are not forwarded.
    joined: OnceCell<()>,
}

/// What waits on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// Records that are not forwarded, according to the disk.
    pub(crate) records: u64,
    /// When the first of them was written.
    pub(crate) oldest: Option<Timestamp>,
}

impl TopicSpool {
    pub(crate) fn of(name: Topic) -> Self {
        Self { name, gate: Gate::default(), begun: OnceCell::new(), joined: OnceCell::new() }
    }

    /// Lets the first batch go directly if nothing is spooled from before.
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

    /// Joins the group, before the first batch is written.
    pub(crate) async fn join(&self, disk: &dyn EventBus) -> Result<(), PortError> {
        let join = || async { disk.subscribe(&self.name, &forwarders()).await.map(drop) };
        self.joined.get_or_try_init(join).await.map(drop)
    }

    /// How many records are spooled from `forwarded` on, which may be ahead of the disk.
    pub(crate) async fn waiting(&self, disk: &dyn EventBus, forwarded: Offset) -> Result<u64, PortError> {
        let lags = disk.lag(&self.name, &forwarders()).await?;
        Ok(lags.iter().map(|lag| lag.high.saturating_sub(lag.committed.max(forwarded))).sum())
    }

    /// The spooled records of the topic.
    pub(crate) async fn backlog(&self, disk: &dyn EventBus) -> Result<Backlog, PortError> {
        let mut backlog = Backlog::default();
        for lag in disk.lag(&self.name, &forwarders()).await? {
            let mut oldest = None;
            if lag.records() > 0 {
                let first = disk.read(&lag.partition, lag.committed, 1).await?;
                oldest = (!first.records.is_empty()).then_some(first.appended_at());
            }
            backlog = backlog.and(Backlog { records: lag.records(), oldest });
        }
        Ok(backlog)
    }
}

impl Backlog {
    /// The sum of both.
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
