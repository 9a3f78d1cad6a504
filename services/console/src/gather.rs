//! Gathers the data of a page.

mod alerting;
mod around;
mod dead_letters;
mod drawing;
mod events;
mod explore;
mod found;
mod history;
mod hosts;
mod one_alert;
mod one_series;
mod outbox;
mod overview;
mod past;
mod reader;
mod status_page;
mod target;

pub(crate) use alerting::{Alerting, Alerts, Silences, alerting, firing_by_rule, unmatched};
pub(crate) use around::around;
pub(crate) use dead_letters::{Letter, Letters};
pub(crate) use drawing::{Drawing, Line, LineName};
pub use drawing::{MAX_GROUPED, MAX_LINES};
pub use events::PAGE_EVENTS;
pub(crate) use events::{
    EventFound, EventsFound, Samples as EventSamples, TopFound, complete_event, find_events, one_event,
};
pub(crate) use explore::{Explored, complete, draw, explore, points, resolved, to_draw};
pub(crate) use found::{Field, Found};
pub use found::{MAX_TYPED_COMPLETIONS, PAGE_SERIES};
pub(crate) use history::{History, hour_up_to};
pub(crate) use hosts::Hosts;
pub use hosts::MAX_HOST_SERIES;
pub use one_alert::MAX_NOTIFICATIONS_ABOUT;
pub(crate) use one_alert::{AlertFound, MutedBy, one_alert};
pub(crate) use one_series::{Lines, OneSeries, SeriesHistory, Summary, instead_of, one_series};
pub use outbox::MAX_NOTIFICATIONS;
pub(crate) use outbox::{Outbox, WaitingSince};
pub(crate) use overview::{Overview, overview};
pub use past::{MAX_NOTIFICATIONS_READ, MAX_PAST};
pub(crate) use past::{Notifications, Past, WEEK, past};
pub(crate) use status_page::{Service, ServiceGroup, ServiceState, Shown, status_page};
pub(crate) use target::{TargetFound, target};

use crate::ports::ConsolePorts;
use hosts::HostLines;
use reader::Reader;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_config::Reloadable;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{Letters as LetterIndex, Refused};
use watchkeeper_ports::{
    AlertStore, Consumers, EventBus, Group, IncidentStore, NotificationStore, SilenceStore, Topic,
};
use watchkeeper_query::{
    Alerts as AlertQueries, Answer, Events, GroupLag, RuleQueries, Samples, SilenceChanges, Targets,
    UnmatchedQueries, lag_of_consumers, within_time,
};
use watchkeeper_rules::RuleSet;

/// Series per range query: a page queries each series on its own.
const RANGE_SERIES: usize = 1;

/// The data sources of the pages.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) letters: LetterIndex,
    samples: Samples,
    events: Events,
    reader: Reader,
    consumers: Consumers,
    bus: Arc<dyn EventBus>,
    pub(crate) alerts: Arc<dyn AlertStore>,
    pub(crate) alert_queries: AlertQueries,
    silences: Arc<dyn SilenceStore>,
    incidents: Arc<dyn IncidentStore>,
    pub(crate) notifications: Arc<dyn NotificationStore>,
    unmatched: UnmatchedQueries,
    pub(crate) targets: Targets,
    host_lines: HostLines,
    pub(crate) rule_queries: RuleQueries,
    pub(crate) silence_changes: SilenceChanges,
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
        let reader = Reader::new(&ports);
        let ConsolePorts {
            bus,
            samples,
            events,
            answers,
            latest,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
        } = ports;
        let targets = Targets::new(Arc::clone(&samples), Arc::clone(&latest), rollups);
        let host_lines =
            HostLines::new(Samples::new(Arc::clone(&samples), Arc::clone(&latest), MAX_HOST_SERIES));
        let samples = Samples::new(samples, latest, RANGE_SERIES);
        let alert_queries = AlertQueries::new(Arc::clone(&alerts), Arc::clone(&silences), rules.clone());
        let unmatched = UnmatchedQueries::new(samples.clone());
        let rule_queries = RuleQueries::new(
            rules,
            samples.clone(),
            alert_queries.clone(),
            Arc::clone(&bus),
            unmatched.clone(),
        );
        let silence_changes = SilenceChanges::new(Arc::clone(&silences));
        let refused = Refused::default();
        Self {
            letters,
            samples,
            events: Events::new(events, answers),
            reader,
            consumers,
            bus,
            alerts,
            alert_queries,
            silences,
            incidents,
            notifications,
            unmatched,
            targets,
            host_lines,
            rule_queries,
            silence_changes,
            refused,
        }
    }

    pub(crate) fn with_refused(self, refused: Refused) -> Self {
        Self { refused, ..self }
    }

    pub(crate) fn with_silence_changes(self, silence_changes: SilenceChanges) -> Self {
        Self { silence_changes, ..self }
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
