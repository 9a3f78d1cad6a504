//! Maintenance windows that recur. Each time one begins, it becomes a silence in the store, so that it is shown and can be
//! ended like any other.
//!
//! Days and start are local time all year. A start that does not exist, as the clocks go forward over it, is the first
//! instant after the gap; of a start that exists twice, the first is meant. The duration is time that passes, whatever
//! the clocks show.

mod config;

pub(crate) use config::read_all;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp as Instant};
use std::time::Duration;
use watchkeeper_domain::{Matchers, Silence, Timestamp};
use watchkeeper_ports::{PortError, SilenceStore};
use watchkeeper_query::unended_silences;

/// Who has made the silences.
const CREATED_BY: &str = "configuration";
/// How the ids of the silences begin.
const ID_PREFIX: &str = "maintenance-";
/// Longest window: so that no more than the one of today and that of yesterday last.
const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// A window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    /// In the ids of its silences: letters, digits and `-`.
    name: String,
    /// The days on which it starts.
    days: Vec<Weekday>,
    /// When it starts.
    start: Time,
    /// How long it lasts, at most [`MAX_DURATION`].
    duration: Duration,
    zone: TimeZone,
    /// The alerts that it mutes.
    matchers: Matchers,
}

impl Window {
    /// The silence of the window that lasts at `now`, if one does.
    fn silence(&self, now: Timestamp) -> Option<Silence> {
        let today = Instant::from_microsecond(now.as_micros()).ok()?.to_zoned(self.zone.clone()).date();
        let days =
            [today.yesterday().ok()?, today].into_iter().filter(|day| self.days.contains(&day.weekday()));
        let starts_at = days.filter_map(|day| self.starts_at(day)).filter(|&at| at <= now).max()?;
        let ends_at = starts_at.plus(self.duration);
        (now < ends_at).then(|| Silence {
            id: format!("{ID_PREFIX}{}-{}", self.name, starts_at.as_micros() / 1_000_000),
            matchers: self.matchers.clone(),
            starts_at,
            ends_at,
            created_by: CREATED_BY.to_owned(),
            comment: format!("maintenance window {}", self.name),
        })
    }

    /// When it starts on this day.
    fn starts_at(&self, day: Date) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(day.to_datetime(self.start));
        let starts_at = match ambiguous.offset() {
            // The clock after the gap shows the start at an instant before the gap.
            AmbiguousOffset::Gap { after, .. } => {
                let before_gap = after.to_timestamp(day.to_datetime(self.start)).ok()?;
                let just_before = before_gap.checked_sub(SignedDuration::from_secs(1)).ok()?;
                self.zone.following(just_before).next()?.timestamp()
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                ambiguous.compatible().ok()?
            }
        };
        Timestamp::from_micros(starts_at.as_microsecond())
    }
}

/// Stores the silences of the windows that last at `now`, and ends those of windows that no longer do, as after a reload.
/// A silence that was ended early stays so.
pub(crate) async fn begin(
    windows: &[Window],
    silences: &dyn SilenceStore,
    now: Timestamp,
) -> Result<(), PortError> {
    let lasting: Vec<Silence> = windows.iter().filter_map(|window| window.silence(now)).collect();
    for silence in &lasting {
        let stored = silences.silence(&silence.id).await?;
        if stored.is_none_or(|stored| now < stored.ends_at && stored != *silence) {
            silences.put(silence).await?;
            tracing::info!(silence = silence.id, until = %silence.ends_at, "maintenance window active");
        }
    }
    for silence in unended_silences(silences, now).await?.all {
        let is_of_a_window = silence.created_by == CREATED_BY && silence.id.starts_with(ID_PREFIX);
        // By its own start, not by `now`: for a clock that is behind another's, the window has not begun yet.
        let has_window = windows.iter().filter_map(|window| window.silence(silence.starts_at));
        if is_of_a_window && !has_window.into_iter().any(|again| again.id == silence.id) {
            tracing::info!(
                silence = silence.id,
                "maintenance window ended: it is no longer in the configuration"
            );
            silences.put(&Silence { ends_at: now, ..silence }).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
