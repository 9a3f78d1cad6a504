//! What waits on the disk.

use super::forwarders;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{EventBus, Offset, PortError, Topic};

/// What waits on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    /// Records that were not forwarded, as far as the disk knows.
    pub(super) records: u64,
    /// When the first of them was written.
    pub(super) oldest: Option<Timestamp>,
}

/// Looks up what waits.
pub(super) async fn look(disk: &dyn EventBus) -> Result<Backlog, PortError> {
    let mut backlog = Backlog::default();
    for lag in disk.lag(&Topic::METRICS, &forwarders()).await? {
        backlog.records += lag.records();
        if lag.records() > 0 {
            let first = disk.read(&lag.partition, lag.committed, 1).await?;
            let oldest = (!first.records.is_empty()).then_some(first.appended_at);
            backlog.oldest = [backlog.oldest, oldest].into_iter().flatten().min();
        }
    }
    Ok(backlog)
}

/// How many records wait from `forwarded` on, which may be further than the disk knows.
pub(super) async fn records(disk: &dyn EventBus, forwarded: Offset) -> Result<u64, PortError> {
    let lags = disk.lag(&Topic::METRICS, &forwarders()).await?;
    Ok(lags.iter().map(|lag| lag.high.saturating_sub(lag.committed.max(forwarded))).sum())
}
