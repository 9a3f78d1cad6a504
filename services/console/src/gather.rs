//! What a page asks the ports.

mod alerting;
mod alerts;
mod dead_letters;
mod history;
mod lag;
mod one_series;
mod outbox;
mod silences;

pub(crate) use alerting::{Alerting, alerting};
pub(crate) use alerts::Alerts;
pub use alerts::MAX_ALERTS;
pub(crate) use dead_letters::{Letter, Letters};
pub(crate) use history::History;
pub(crate) use lag::GroupLag;
pub(crate) use one_series::{Lines, OneSeries, Summary, one_series};
pub use outbox::MAX_NOTIFICATIONS;
pub(crate) use outbox::{Outbox, WaitingSince};
pub use silences::MAX_SILENCES;
pub(crate) use silences::Silences;

use crate::ports::ConsolePorts;
use std::fmt;
use std::future::Future;
use std::time::Duration;
use watchkeeper_domain::clock::DISAGREEMENT;
use watchkeeper_domain::{Sample, SeriesFilter, Timestamp};
use watchkeeper_ports::{Group, Page, PortError, Topic};

/// Series on one page of the table.
pub const PAGE_SERIES: usize = 50;
/// How long a page waits for the answer to one question; the history is asked for after the latest
/// values, so that a page may take twice as long.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// An answer, or why there is none now.
pub(crate) type Answer<T> = Result<T, NotNow>;

/// Why a part of a page cannot be shown now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotNow(String);

impl NotNow {
    #[cfg(test)]
    pub(crate) fn because(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl fmt::Display for NotNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which series the status page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Those that match,
    pub(crate) filter: SeriesFilter,
    /// and come after this key.
    pub(crate) after: Option<String>,
}

/// What the status page shows.
pub(crate) struct Status {
    pub(crate) latest: Answer<Latest>,
    pub(crate) history: Answer<History>,
    /// How many series the cache keeps.
    pub(crate) series: Answer<usize>,
    /// By how much the clock of another process is not believed, if one is.
    pub(crate) clock: Answer<Option<Duration>>,
    pub(crate) letters: Answer<Letters>,
    pub(crate) lags: Vec<(Group, Answer<GroupLag>)>,
    pub(crate) alerting: Alerting,
}

/// A page of the latest samples.
pub(crate) struct Latest {
    /// By key, at most [`PAGE_SERIES`].
    pub(crate) samples: Vec<Sample>,
    /// Whether there are more after the last.
    pub(crate) more: bool,
}

/// Asks everything at once that does not wait for another answer.
pub(crate) async fn status(
    ports: &ConsolePorts,
    letters: &watchkeeper_letters::Letters,
    consumers: &[(Topic, Group)],
    chosen: &Chosen,
    now: Timestamp,
) -> Status {
    let ((latest, history), series, clock, letters, lags, alerting) = tokio::join!(
        latest_with_history(ports, chosen, now),
        ask("cache", ports.latest.len()),
        ask("cache", clock(ports, now)),
        ask("bus", dead_letters::outstanding(letters)),
        lag::of_groups(&*ports.bus, consumers),
        alerting(ports, now),
    );
    Status { latest, history, series, clock, letters, lags, alerting }
}

async fn latest_with_history(
    ports: &ConsolePorts,
    chosen: &Chosen,
    now: Timestamp,
) -> (Answer<Latest>, Answer<History>) {
    let latest = ask("cache", latest(ports, chosen, now)).await;
    let history = match &latest {
        Ok(latest) => ask("store", history::last_hour(&*ports.samples, &latest.samples, now)).await,
        Err(_) => Ok(History::default()),
    };
    (latest, history)
}

async fn clock(ports: &ConsolePorts, now: Timestamp) -> Result<Option<Duration>, PortError> {
    let filter = SeriesFilter::named(DISAGREEMENT.0, DISAGREEMENT.1);
    let told = ports.latest.latest(&filter, &Page::first(PAGE_SERIES), now).await?;
    let seconds = told.iter().map(|sample| sample.value).fold(0.0, f64::max);
    Ok(Duration::try_from_secs_f64(seconds).ok().filter(|by| !by.is_zero()))
}

async fn latest(ports: &ConsolePorts, chosen: &Chosen, now: Timestamp) -> Result<Latest, PortError> {
    // One more than is shown tells whether there is another page.
    let page = Page { after: chosen.after.clone(), limit: PAGE_SERIES + 1 };
    let mut samples = ports.latest.latest(&chosen.filter, &page, now).await?;
    let more = samples.len() > PAGE_SERIES;
    samples.truncate(PAGE_SERIES);
    Ok(Latest { samples, more })
}

/// Waits for an answer of `what`, for as long as [`PATIENCE`].
async fn ask<T, E: fmt::Display>(what: &str, question: impl Future<Output = Result<T, E>>) -> Answer<T> {
    let not_now = match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("{what} has not answered within {} s", PATIENCE.as_secs()),
    };
    tracing::debug!(what, reason = not_now, "a part of the page is missing");
    Err(NotNow(not_now))
}
