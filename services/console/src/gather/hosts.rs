//! The latest values and the last hour of every host.

use super::Sources;
use super::history::{History, STEP, hour_up_to, no_question};
use crate::explore::Span;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;
use watchkeeper_domain::{Aggregate, RangeQuery, Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::PortError;
use watchkeeper_query::{Answer, Samples, within_time};

/// What is shown of a host, by the names of its series.
pub(crate) const SHOWN_OF_HOSTS: [&str; 5] = [
    "cpu_usage",
    "memory_used_percent",
    "disk_used_percent",
    "network_received_rate",
    "network_transmitted_rate",
];
/// Maximum number of series of one name, over all hosts, by key.
pub const MAX_HOST_SERIES: usize = 400;
/// How long the last hour is kept: its windows are minutes.
const KEPT_FOR: Duration = Duration::from_secs(30);

/// The hosts.
pub(crate) struct Hosts {
    /// By the order of [`SHOWN_OF_HOSTS`], then by key.
    pub(crate) latest: Answer<Vec<Sample>>,
    pub(crate) history: Answer<Arc<History>>,
    /// Whether there are more series of one name than are read.
    pub(crate) more: bool,
}

/// What was read, and until when it is used.
type Kept = (Instant, Answer<Arc<History>>);

/// Reads the last hour of all hosts at once, and keeps it for a while. Clones share it.
#[derive(Clone)]
pub(super) struct HostLines {
    samples: Samples,
    kept: Arc<Mutex<Option<Kept>>>,
}

impl HostLines {
    /// On `samples`, whose range queries must return up to [`MAX_HOST_SERIES`].
    pub(super) fn new(samples: Samples) -> Self {
        Self { samples, kept: Arc::default() }
    }

    async fn last_hour(&self, now: Timestamp) -> Answer<Arc<History>> {
        // Whoever asks meanwhile waits, and gets the same.
        let mut kept = self.kept.lock().await;
        if let Some((until, history)) = &*kept
            && Instant::now() < *until
        {
            return history.clone();
        }
        let history = within_time("store", self.read(now)).await.map(Arc::new);
        *kept = Some((Instant::now() + KEPT_FOR, history.clone()));
        history
    }

    async fn read(&self, now: Timestamp) -> Result<History, PortError> {
        let mut history = History::new();
        for name in SHOWN_OF_HOSTS {
            let Span { from, to } = hour_up_to(now);
            let query = RangeQuery::new(of_hosts(name), from, to, STEP, Aggregate::Avg)
                .map_err(|violation| no_question(&violation))?;
            let found = self.samples.range(&query).await?.series;
            history.extend(found.into_iter().map(|found| (found.series, found.points)));
        }
        Ok(history)
    }
}

pub(crate) async fn hosts(sources: &Sources, now: Timestamp) -> Hosts {
    let latest = within_time("store", latest(&sources.samples, now)).await;
    // Without hosts there is no history to read.
    let history = match &latest {
        Ok((latest, _)) if !latest.is_empty() => sources.host_lines.last_hour(now).await,
        _ => Ok(Arc::default()),
    };
    let more = latest.as_ref().is_ok_and(|(_, more)| *more);
    Hosts { latest: latest.map(|(latest, _)| latest), history, more }
}

async fn latest(samples: &Samples, now: Timestamp) -> Result<(Vec<Sample>, bool), PortError> {
    let (mut latest, mut more) = (Vec::new(), false);
    for name in SHOWN_OF_HOSTS {
        // One more than the limit, to know whether there are more.
        let found = samples.cached_latest(&of_hosts(name), MAX_HOST_SERIES + 1, now).await?;
        more |= found.len() > MAX_HOST_SERIES;
        latest.extend(found.into_iter().take(MAX_HOST_SERIES));
    }
    Ok((latest, more))
}

fn of_hosts(name: &str) -> SeriesFilter {
    SeriesFilter::named("host", name)
}
