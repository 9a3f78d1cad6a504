//! Gathers the data of a page.

mod alerting;
mod dead_letters;
mod history;
mod one_series;
mod outbox;

pub(crate) use alerting::{Alerting, Alerts, Silences, alerting, firing_by_rule, unmatched};
pub(crate) use dead_letters::{Letter, Letters};
pub(crate) use history::History;
pub(crate) use one_series::{Lines, OneSeries, Summary, one_series};
pub use outbox::MAX_NOTIFICATIONS;
pub(crate) use outbox::{Outbox, WaitingSince};

use crate::ports::ConsolePorts;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_letters::{Letters as LetterIndex, Refused};
use watchkeeper_ports::{AlertStore, Consumers, EventBus, Group, NotificationStore, SilenceStore, Topic};
use watchkeeper_query::{
    Alerts as AlertQueries, Answer, Cursor, GroupLag, Origin, PageQuestion, Paged, Samples, UnmatchedQueries,
    lag_of_consumers, within_time,
};
use watchkeeper_rules::RuleSet;

/// Series on one page of the table.
pub const PAGE_SERIES: usize = 50;
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

/// The series selection of the status page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) filter: SeriesFilter,
    /// Where the previous page ended.
    pub(crate) cursor: Option<Cursor>,
}

/// The data of the status page.
pub(crate) struct Status {
    /// By key, at most [`PAGE_SERIES`].
    pub(crate) latest: Answer<Paged<Sample>>,
    pub(crate) history: Answer<History>,
    /// The number of series in the cache.
    pub(crate) series: Answer<usize>,
    /// The clock skew of another process, if its clock is ignored.
    pub(crate) clock: Answer<Option<Duration>>,
    pub(crate) letters: Answer<Letters>,
    pub(crate) lags: Vec<((Topic, Group), Answer<GroupLag>)>,
    pub(crate) alerting: Alerting,
}

/// Runs all independent queries concurrently. The history query needs the latest values, so a page may take up to twice
/// [`ANSWER_WITHIN`](watchkeeper_query::ANSWER_WITHIN).
pub(crate) async fn status(sources: &Sources, chosen: &Chosen, now: Timestamp) -> Status {
    let ((latest, history), series, clock, letters, lags, alerting) = tokio::join!(
        latest_with_history(&sources.samples, chosen, now),
        within_time("cache", sources.samples.cached_series()),
        within_time("cache", sources.samples.clock_disagreement(now)),
        within_time("bus", dead_letters::newest(&sources.letters)),
        lag_of_consumers(&*sources.bus, &sources.consumers),
        alerting(sources, now),
    );
    let letters = letters.map(|letters| Letters { refused: sources.refused.total(), ..letters });
    Status { latest, history, series, clock, letters, lags, alerting }
}

async fn latest_with_history(
    samples: &Samples,
    chosen: &Chosen,
    now: Timestamp,
) -> (Answer<Paged<Sample>>, Answer<History>) {
    let question =
        PageQuestion { filter: chosen.filter.clone(), limit: PAGE_SERIES, cursor: chosen.cursor.clone() };
    let latest = within_time(latest_dependency(chosen), samples.latest(&question, now)).await;
    let history = match &latest {
        Ok(latest) => within_time("store", history::last_hour(samples, &latest.items, now)).await,
        Err(_) => Ok(History::default()),
    };
    (latest, history)
}

/// The dependency to name on a timeout: the first page comes from the store if the cache does not answer in time.
fn latest_dependency(chosen: &Chosen) -> &'static str {
    match chosen.cursor.as_ref().map(|cursor| cursor.origin) {
        Some(Origin::Cache) => "cache",
        None | Some(Origin::Store) => "store",
    }
}
