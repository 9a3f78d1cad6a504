//! What is up: every monitored target, with its state, its last checks and its uptimes.
//!
//! [`Targets::board`] reads the latest values, so a state is as new as they are. The last checks and the uptimes would
//! cost hundreds of range queries for each page: they are kept in memory, and [`Targets::refresh`] brings them up to
//! date. A role calls it every [`REFRESH_EVERY`]; the first board calls it by itself.

mod assemble;
mod blind;
mod board;
mod checks;
mod daily;
mod days;
mod family;
mod history;
mod hours;
mod kinds;
mod onset;
mod state;
#[cfg(test)]
mod tests;
mod uptime;

pub use board::{Board, Check, Group, HEARTBEATS, Kind, Since, State, Target};
pub use checks::MAX_CHECKS;
pub use daily::{DailyChecks, DayChecks};
pub use state::GONE_AFTER;
pub use uptime::Uptime;

use crate::answer::{ANSWER_WITHIN, Answer, NoAnswer, within_time};
use crate::page::PageQuestion;
use crate::samples::Samples;
use assemble::{Latest, assemble};
use family::Family;
use history::History;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Alert, Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{LatestCache, PortError, RollupStore, SampleQueries};
use watchkeeper_rules::RuleSet;

/// Most targets on a board; of more, the first by their series' keys.
pub const MAX_TARGETS: usize = 2_000;
/// How often the last checks and uptimes should be refreshed.
pub const REFRESH_EVERY: Duration = Duration::from_secs(15);

const UPTIME: &str = "uptime";

/// Queries for targets. Clones share what is kept in memory.
#[derive(Clone)]
pub struct Targets {
    samples: Samples,
    rollups: Arc<dyn RollupStore>,
    kept: Arc<RwLock<Kept>>,
    /// Held while the history is refreshed.
    refreshing: Arc<tokio::sync::Mutex<()>>,
    /// Most targets on a board.
    most: usize,
}

#[derive(Default)]
struct Kept {
    history: Arc<History>,
    /// The outcome of the last refresh; `None` before the first.
    outcome: Option<Answer<()>>,
}

impl Targets {
    /// Queries on these stores.
    pub fn new(
        store: Arc<dyn SampleQueries>,
        cache: Arc<dyn LatestCache>,
        rollups: Arc<dyn RollupStore>,
    ) -> Self {
        Self::at_most(MAX_TARGETS, store, cache, rollups)
    }

    fn at_most(
        most: usize,
        store: Arc<dyn SampleQueries>,
        cache: Arc<dyn LatestCache>,
        rollups: Arc<dyn RollupStore>,
    ) -> Self {
        let samples = Samples::new(store, cache, most);
        Self { samples, rollups, kept: Arc::default(), refreshing: Arc::default(), most }
    }

    /// All targets at `now`: those that are probed, and the heartbeats of `rules`. `alerts` decide whether a heartbeat
    /// is missing.
    ///
    /// # Errors
    /// The latest values are unavailable. A board without last checks and uptimes is no error: [`Board::history`] says
    /// why.
    pub async fn board(&self, rules: &RuleSet, alerts: &[Alert], now: Timestamp) -> Answer<Board> {
        let latest = within_time("store", self.latest(now)).await?;
        if self.kept.read().outcome.is_none() {
            // On a timeout the loop of the role goes on with it.
            let _ = tokio::time::timeout(ANSWER_WITHIN, self.refresh(now)).await;
        }
        let (history, outcome) = self.kept();
        let outcome = outcome.unwrap_or_else(|| Err(NoAnswer::new("store", "still being read")));
        Ok(assemble(&latest, &history, outcome, rules, alerts, now))
    }

    /// Brings the last checks and uptimes up to date. A failure is kept for [`Board::history`], and what was known
    /// before remains.
    pub async fn refresh(&self, now: Timestamp) {
        let _refreshing = self.refreshing.lock().await;
        let mut history = (*self.kept().0).clone();
        let outcome = history.renew(&self.samples, &*self.rollups, self.most, now).await;
        let outcome = outcome.map_err(|error| {
            let what = watchkeeper_ports::OfDependency::dependency(&error).unwrap_or("store");
            NoAnswer::new(what, error)
        });
        *self.kept.write() = Kept { history: Arc::new(history), outcome: Some(outcome) };
    }

    /// The checks of each of the last 90 days and of today, as far as the last refresh has read them.
    pub fn daily(&self, now: Timestamp) -> DailyChecks {
        DailyChecks::new(self.kept().0, now)
    }

    fn kept(&self) -> (Arc<History>, Option<Answer<()>>) {
        let kept = self.kept.read();
        (Arc::clone(&kept.history), kept.outcome.clone())
    }

    /// Without any of the others, a board is still worth something.
    async fn latest(&self, now: Timestamp) -> Result<Latest, PortError> {
        let probed = PageQuestion { filter: Family::Probes.filter(), limit: self.most, cursor: None };
        let other = |filter| async move {
            self.samples.cached_latest(&filter, self.most, now).await.unwrap_or_default()
        };
        let uptime = |name| other(SeriesFilter::named(UPTIME, name));
        let (probed, latency, certificate, domain, can_probe, heartbeats) = tokio::join!(
            self.samples.latest(&probed, now),
            uptime("latency_seconds"),
            uptime("certificate_expires_in_days"),
            uptime("domain_expires_in_days"),
            uptime("can_probe"),
            other(Family::Heartbeats.filter()),
        );
        let probed = probed?;
        Ok(Latest {
            more: probed.next.is_some(),
            probed: probed.items,
            latency: by_target(latency),
            certificate: by_target(certificate),
            domain: by_target(domain),
            can_probe,
            heartbeats,
        })
    }
}

fn by_target(samples: Vec<Sample>) -> HashMap<String, Sample> {
    samples.into_iter().map(|sample| (family::labels_of(&sample.series).to_owned(), sample)).collect()
}
