//! Heartbeats: a job reports when it has run, and the rule fires when the report is missing or says that the run failed.

mod beats;
mod series;

pub(crate) use beats::{Beats, Heard};
use series::JOB;
pub use series::{
    FAILED, LISTENING, SOURCE, STARTED, STATE, SUCCEEDED, listened_to, listening_series, state_series,
};

use super::past::{Past, Seen};
use crate::words::time;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::{Matcher, Matchers, Note, Timestamp};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Bounds of `every`.
const EVERY: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(366 * 24 * 60 * 60);
/// Bounds of `grace`, and its default.
const GRACE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(31 * 24 * 60 * 60);
const GRACE_DEFAULT: Duration = Duration::from_secs(5 * 60);
/// Bounds of `max_run`.
const MAX_RUN: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 60 * 60);

/// The schedule of the heartbeats of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The job's name, as in the path `/v1/heartbeats/NAME`.
    pub job: String,
    /// How often the job runs.
    pub every: Duration,
    /// How late a heartbeat may be: it is missing `every` and `grace` after the last one.
    pub grace: Duration,
    /// How long a run that reported its start may take until it reports its end.
    pub max_run: Duration,
}

impl Heartbeat {
    pub(crate) fn read(section: &mut Section<'_>, job: String) -> Self {
        if !section.has("every") {
            section.refuse("every", "is missing: how often the job runs, such as \"1d\"");
        }
        let every = section.duration("every", EVERY, DAY);
        Self {
            job,
            every,
            grace: section.duration("grace", GRACE, GRACE_DEFAULT),
            max_run: section.duration("max_run", MAX_RUN, every),
        }
    }

    /// The matchers of the series of the job's reports.
    pub(crate) fn matchers(&self) -> Matchers {
        let fields = [("source", SOURCE), ("name", STATE), (JOB, self.job.as_str())];
        let matchers = fields.map(|(field, value)| Matcher::equal(field, value)).into();
        Matchers::new(matchers).expect("three matchers are within the limit")
    }

    /// Processes a report. A start decides nothing.
    pub(super) fn observe(past: &mut Past, seen: Seen) -> Option<bool> {
        let mut beats = match std::mem::take(past) {
            Past::Beats(beats) => beats,
            _ => Box::new(Beats::new(seen.at)),
        };
        let verdict = beats.observe(seen);
        *past = Past::Beats(beats);
        verdict
    }

    /// Processes the time during which heartbeats could be received; returns since when one is missing, if it is.
    pub(crate) fn listen(&self, past: &mut Past, heard: Heard) -> Option<Timestamp> {
        let mut beats = match std::mem::take(past) {
            Past::Beats(beats) => beats,
            _ => Box::new(Beats::new(heard.until)),
        };
        beats.listen(self, heard);
        let missing = beats.missing(self);
        *past = Past::Beats(beats);
        missing
    }

    /// `no heartbeat within 25 h (expected every 1 day, last 2026-11-29T02:00:00Z)`,
    /// `run failed with exit code 3: disk full`
    pub(crate) fn reason(&self, past: &Past, holds: bool, latest: Seen, note: Option<&Note>) -> String {
        let said = note.map(|note| format!(": {note}")).unwrap_or_default();
        let Past::Beats(beats) = past else { return "no heartbeat yet".to_owned() };
        let expected = format!("expected every {}", time(self.every));
        match beats.started {
            _ if holds && beats.last == Some(latest.at) && is_failure(latest.value) => failed(note),
            Some(started) if holds => {
                let started = to_second(started);
                format!("the run that started at {started} has not ended within {}", time(self.max_run))
            }
            None if holds => {
                let since = beats.last.unwrap_or(beats.from);
                let missing = beats.due(self).since(since);
                let last = beats.last.map_or_else(
                    || "none received yet".to_owned(),
                    |last| format!("last {}", to_second(last)),
                );
                format!("no heartbeat within {} ({expected}, {last})", time(whole_seconds(missing)))
            }
            Some(started) => format!("a run started at {}{said}", to_second(started)),
            None if beats.last.is_some() => format!("heartbeat at {}{said}", to_second(latest.at)),
            None => format!("no heartbeat yet ({expected})"),
        }
    }

    /// When a heartbeat is missing if nothing is received until then.
    pub(crate) fn due(&self, past: &Past) -> Option<Timestamp> {
        match past {
            Past::Beats(beats) => Some(beats.due(self)),
            _ => None,
        }
    }
}

fn is_failure(value: f64) -> bool {
    value < SUCCEEDED
}

fn failed(note: Option<&Note>) -> String {
    match note.map(Note::as_str) {
        Some(note) if note.starts_with("exit code ") => format!("run failed with {note}"),
        Some(note) => format!("run failed: {note}"),
        None => "run failed".to_owned(),
    }
}

/// Fractions of a second tell a person nothing.
fn to_second(at: Timestamp) -> Timestamp {
    at.window_start(Duration::from_secs(1))
}

fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs())
}

/// `no heartbeat within 1d plus 1h of grace, or a run that failed or took longer than 2h`
impl fmt::Display for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [every, grace, max_run] = [self.every, self.grace, self.max_run].map(show_duration);
        write!(
            f,
            "no heartbeat within {every} plus {grace} of grace, or a run that failed or took longer than {max_run}"
        )
    }
}
