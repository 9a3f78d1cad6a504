//! Gathers the data of a page.

mod alerting;
mod dead_letters;
mod history;
mod one_series;
mod outbox;
mod series_list;

pub(crate) use alerting::{Alerting, Alerts, Silences, alerting, firing_by_rule, unmatched};
pub(crate) use dead_letters::{Letter, Letters};
pub(crate) use history::History;
pub(crate) use one_series::{Lines, OneSeries, Summary, one_series};
pub use outbox::MAX_NOTIFICATIONS;
pub(crate) use outbox::{Outbox, WaitingSince};
pub use series_list::PAGE_SERIES;
pub(crate) use series_list::{Chosen, SeriesFound, series_list};

use crate::ports::ConsolePorts;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{Letters as LetterIndex, Refused};
use watchkeeper_ports::{AlertStore, Consumers, EventBus, Group, NotificationStore, SilenceStore, Topic};
use watchkeeper_query::{
    Alerts as AlertQueries, Answer, GroupLag, Samples, UnmatchedQueries, lag_of_consumers, within_time,
};
use watchkeeper_rules::RuleSet;

/// Series per range query: a page queries each series on its own.
const RANGE_SERIES: usize = 1;

/// The data sources of the pages.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) letters: LetterIndex,
    samples: Samples,
    consumers: Consumers,
    bus: Arc<dyn EventBus>,
    alerts: Arc<dyn AlertStore>,
    alert_queries: AlertQueries,
    silences: Arc<dyn SilenceStore>,
    notifications: Arc<dyn NotificationStore>,
    unmatched: UnmatchedQueries,
    /// What ingest has refused in this process.
    refused: Refused,
}

impl Sources {
    pub(crate) fn new(
        ports: ConsolePorts,
        letters: LetterIndex,
        consumers: Consumers,
        rules: Reloadable<RuleSet>,
    ) -> Self {
        let ConsolePorts { bus, samples, latest, alerts, notifications, silences } = ports;
        let samples = Samples::new(samples, latest, RANGE_SERIES);
        let alert_queries = AlertQueries::new(Arc::clone(&alerts), Arc::clone(&silences), rules);
        let unmatched = UnmatchedQueries::new(samples.clone());
        let refused = Refused::default();
        Self {
            letters,
            samples,
            consumers,
            bus,
            alerts,
            alert_queries,
            silences,
            notifications,
            unmatched,
            refused,
        }
    }

    pub(crate) fn with_refused(self, refused: Refused) -> Self {
        Self { refused, ..self }
    }
}

/// The state of the platform itself.
pub(crate) struct Platform {
    /// The clock skew of another process, if its clock is ignored.
    pub(crate) clock: Answer<Option<Duration>>,
    pub(crate) letters: Answer<Letters>,
    pub(crate) lags: Vec<((Topic, Group), Answer<GroupLag>)>,
    pub(crate) alerting: Alerting,
}

/// Runs all queries concurrently.
pub(crate) async fn platform(sources: &Sources, now: Timestamp) -> Platform {
    let (clock, letters, lags, alerting) = tokio::join!(
        within_time("cache", sources.samples.clock_disagreement(now)),
        within_time("bus", dead_letters::newest(&sources.letters)),
        lag_of_consumers(&*sources.bus, &sources.consumers),
        alerting(sources, now),
    );
    let letters = letters.map(|letters| Letters { refused: sources.refused.total(), ..letters });
    Platform { clock, letters, lags, alerting }
}
