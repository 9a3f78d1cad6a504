//! The conditions of rules, one file per kind.

mod absence;
mod anomaly;
mod change;
mod dead_letters;
mod events;
mod forecast;
mod heartbeat;
mod past;
mod rate;
mod ratio;
mod threshold;

pub use absence::Absence;
pub use anomaly::{Against, Anomaly};
pub use change::{Change, Direction};
pub(crate) use dead_letters::LastLetter;
pub use dead_letters::{DeadLetters, series_of as series_of_letters};
pub use events::Events;
pub use forecast::Forecast;
pub(crate) use heartbeat::Heard;
pub use heartbeat::{
    FAILED, Heartbeat, LISTENING, SOURCE as HEARTBEAT_SOURCE, STARTED, STATE, SUCCEEDED, listened_to,
    listening_series, state_series,
};
pub(crate) use past::{Past, Seen, Unreadable, read_time};
pub use rate::Rate;
pub use ratio::Ratio;
pub use threshold::Threshold;

use siphasher::sip::SipHasher13;
use std::fmt;
use std::hash::Hasher as _;
use std::time::Duration;
use watchkeeper_config::{Section, show_duration};
use watchkeeper_domain::Timestamp;

/// The condition of a rule. Displays as plain words: `below 50`.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The value is above or below a limit.
    Threshold(Threshold),
    /// The value changed by a given amount within a given time.
    Change(Change),
    /// A counter rises faster or slower than a limit.
    Rate(Rate),
    /// The value, divided by that of another series, is above or below a limit.
    Ratio(Ratio),
    /// The value will reach a limit.
    Forecast(Forecast),
    /// Samples are missing.
    Absence(Absence),
    /// The value deviates from the usual values of the series.
    Anomaly(Anomaly),
    /// Records are rejected.
    DeadLetters(DeadLetters),
    /// More or fewer events match a query.
    Events(Events),
    /// A job does not report, or reports a failure. Only of a section `[[heartbeat]]`.
    Heartbeat(Heartbeat),
}

impl Condition {
    /// Reads the one section of a rule that is its condition.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let mut found = Vec::new();
        if section.has("threshold") {
            found.push(Self::Threshold(section.section("threshold", Threshold::read)));
        }
        if section.has("change") {
            found.push(Self::Change(section.section("change", Change::read)));
        }
        if section.has("rate") {
            found.push(Self::Rate(section.section("rate", Rate::read)));
        }
        if section.has("ratio") {
            found.push(Self::Ratio(section.section("ratio", Ratio::read)));
        }
        if section.has("forecast") {
            found.push(Self::Forecast(section.section("forecast", Forecast::read)));
        }
        if section.has("absence") {
            found.push(Self::Absence(section.section("absence", Absence::read)));
        }
        if section.has("anomaly") {
            found.push(Self::Anomaly(section.section("anomaly", Anomaly::read)));
        }
        if section.has("dead_letters") {
            found.push(Self::DeadLetters(section.section("dead_letters", DeadLetters::read)));
        }
        if section.has("events") {
            found.push(Self::Events(section.section("events", Events::read)));
        }
        if found.len() != 1 {
            let reason = "a rule must have exactly one of threshold, change, rate, ratio, forecast, absence, anomaly, \
                          dead_letters and events";
            section.refuse("name", format!("{reason}, this one has {}", found.len()));
        }
        found.pop().unwrap_or(Self::Threshold(Threshold::default()))
    }

    /// How far back it looks, or how long it waits.
    pub(crate) fn span(&self) -> Duration {
        match self {
            // The samples of events cover the time within which they are counted.
            Self::Threshold(_) | Self::Events(_) => Duration::ZERO,
            Self::Change(change) => change.within,
            Self::Rate(rate) => rate.over,
            Self::Ratio(ratio) => ratio.max_age,
            Self::Forecast(forecast) => forecast.over,
            Self::Absence(absence) => absence.after,
            Self::Anomaly(anomaly) => anomaly.over,
            Self::DeadLetters(letters) => letters.clear_after,
            Self::Heartbeat(heartbeat) => heartbeat.every.saturating_add(heartbeat.grace),
        }
    }
}

/// What the evaluator needs of every kind.
impl Condition {
    /// Whether it keeps state for a series that it does not hold for.
    pub(crate) fn remembers(&self) -> bool {
        !matches!(self, Self::Threshold(_) | Self::Events(_) | Self::DeadLetters(_))
    }

    /// Processes the newest value and returns whether the condition holds, `None` if there is no verdict; `fires` tells
    /// whether the rule fires.
    pub(crate) fn observe(&self, past: &mut Past, fires: bool, seen: Seen) -> Option<bool> {
        Some(match self {
            Self::Threshold(threshold) => threshold.observe(fires, seen),
            Self::Change(change) => change.observe(past, seen),
            Self::Rate(rate) => return rate.observe(past, fires, seen),
            Self::Ratio(ratio) => return ratio.observe(past, fires, seen),
            Self::Forecast(forecast) => return forecast.observe(past, fires, seen),
            Self::Absence(_) => {
                *past = Past::Nothing;
                false
            }
            Self::Anomaly(anomaly) => anomaly.observe(past, seen),
            Self::DeadLetters(_) => true,
            Self::Events(events) => events.limit.observe(fires, seen),
            Self::Heartbeat(_) => return Heartbeat::observe(past, seen),
        })
    }

    /// When it begins or ceases to hold if no sample arrives after `latest`.
    pub(crate) fn turns_at(&self, past: &Past, holds: bool, latest: Seen) -> Option<Timestamp> {
        match self {
            // A series of heartbeats is watched before its first sample.
            Self::Absence(absence) if !holds && *past != Past::Gone && latest.at > Timestamp::MIN => {
                Some(latest.at.plus(absence.after))
            }
            Self::DeadLetters(letters) if holds => Some(latest.at.plus(letters.clear_after)),
            _ => None,
        }
    }

    /// The value that an alert shows; none for absence.
    pub(crate) fn value(&self, holds: bool, latest: Seen) -> Option<f64> {
        let is_silence = holds && matches!(self, Self::Absence(_) | Self::Heartbeat(_));
        (!is_silence).then_some(latest.value)
    }

    /// Whether something may come without another sample of the series: time, or a divisor.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Self::Absence(_) | Self::Ratio(_))
    }

    /// Whether it holds from one sample to the next, and not by elapsed time.
    pub(crate) fn is_decided_by_samples(&self) -> bool {
        !matches!(self, Self::Absence(_) | Self::DeadLetters(_) | Self::Heartbeat(_))
    }

    /// Whether a series without samples becomes stale.
    pub(crate) fn becomes_stale(&self) -> bool {
        !matches!(self, Self::Heartbeat(_))
    }

    /// The state of a stale series.
    pub(crate) fn gone(&self) -> Past {
        if self.waits() { Past::Gone } else { Past::Nothing }
    }

    /// Why it holds or not, in plain words: `is 0 percent, below 50`.
    pub(crate) fn why(&self, past: &Past, holds: bool, fires: bool, latest: Seen, unit: &str) -> String {
        match self {
            Self::Threshold(threshold) => threshold.why(holds, fires, latest, unit),
            Self::Change(change) => change.why(past, latest, unit),
            Self::Rate(rate) => rate.why(past, holds, fires, latest, unit),
            Self::Ratio(ratio) => ratio.why(past, holds, fires, latest, unit),
            Self::Forecast(forecast) => forecast.why(past, latest, unit),
            Self::Absence(absence) => absence.why(holds, latest, unit),
            Self::Anomaly(anomaly) => anomaly.why(past, latest, unit),
            Self::DeadLetters(letters) => letters.why(past, holds, latest),
            Self::Events(events) => events.why(holds, fires, latest),
            Self::Heartbeat(heartbeat) => heartbeat.reason(past, holds, latest, None),
        }
    }

    /// What clears the rule while it fires.
    pub(crate) fn clears_when(&self, latest: Seen) -> String {
        match self {
            Self::Threshold(threshold) => threshold.clears_when(),
            Self::Change(change) => {
                format!("a sample has changed by less within the {} before it", show_duration(change.within))
            }
            Self::Rate(rate) => rate.clears_when(),
            Self::Ratio(ratio) => ratio.clears_when(),
            Self::Forecast(forecast) => forecast.clears_when(),
            Self::Absence(_) => "a sample arrives".to_owned(),
            Self::Anomaly(_) => "a sample is closer to the mean".to_owned(),
            Self::DeadLetters(letters) => {
                let at = latest.at.plus(letters.clear_after);
                format!("no more records are rejected until {at}")
            }
            Self::Events(events) => events.clears_when(),
            Self::Heartbeat(_) => "the job reports that it has run".to_owned(),
        }
    }

    /// Distinguishes it from the rule's previous condition, so that neither is given the other's state. The same in
    /// every process. What is known of a job's heartbeats does not depend on its schedule.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = SipHasher13::new();
        match self {
            Self::Heartbeat(heartbeat) => hasher.write(heartbeat.job.as_bytes()),
            other => hasher.write(other.to_string().as_bytes()),
        }
        hasher.finish()
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Threshold(threshold) => threshold.fmt(f),
            Self::Change(change) => change.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
            Self::Ratio(ratio) => ratio.fmt(f),
            Self::Forecast(forecast) => forecast.fmt(f),
            Self::Absence(absence) => absence.fmt(f),
            Self::Anomaly(anomaly) => anomaly.fmt(f),
            Self::DeadLetters(letters) => letters.fmt(f),
            Self::Events(events) => events.fmt(f),
            Self::Heartbeat(heartbeat) => heartbeat.fmt(f),
        }
    }
}
