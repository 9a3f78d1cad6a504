//! The step `time`.

use crate::Failure;
use crate::place::Place;
use jiff::civil;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use std::fmt;
use watchkeeper_config::Section;
use watchkeeper_domain::event::time_of_text;
use watchkeeper_domain::{Event, Timestamp};

/// Longest format, in bytes.
const MAX_FORMAT_BYTES: usize = 100;
/// Longest name of a time zone, in bytes.
const MAX_ZONE_BYTES: usize = 64;

/// Sets the time from a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeFrom {
    from: Place,
    /// As of strftime(3); without it, RFC 3339 or a number since 1970.
    format: Option<String>,
    /// Of times without an offset.
    zone: TimeZone,
}

impl TimeFrom {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        if !section.has("from") {
            section.refuse("from", "is missing");
        }
        let format = section.optional_text("format", MAX_FORMAT_BYTES);
        if let Some(Err(reason)) = format.as_deref().map(check) {
            section.refuse("format", reason);
        }
        let zone = match section.optional_text("zone", MAX_ZONE_BYTES) {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(&name).unwrap_or_else(|_| {
                section.refuse(
                    "zone",
                    "is not a known time zone: must be a name such as \"Europe/Berlin\" or \"UTC\"",
                );
                TimeZone::UTC
            }),
        };
        if format.is_none() && section.has("zone") {
            section.refuse("zone", "needs a format: all other times have an offset");
        }
        Self { from: section.parsed("from").unwrap_or(Place::Message), format, zone }
    }

    pub(super) fn apply(&self, event: &mut Event) -> Result<(), Failure> {
        let text = self.from.text(event).ok_or_else(|| Failure::new(format!("has no {}", self.from)))?;
        let time = match &self.format {
            None => time_of_text(&text),
            Some(format) => self.formatted(format, text.trim(), event.occurred_at),
        };
        event.occurred_at = time.ok_or_else(|| {
            let wanted = self.format.as_deref().unwrap_or("2026-11-29T10:00:00Z, or a number since 1970");
            Failure::new(format!("{} is {text:?}, which is no time like {wanted}", self.from))
        })?;
        Ok(())
    }

    fn formatted(&self, format: &str, text: &str, near: Timestamp) -> Option<Timestamp> {
        let mut parsed = strtime::parse(format, text).ok()?;
        if parsed.year().is_some() || parsed.timestamp().is_some() {
            return self.instant(&parsed);
        }
        // As of RFC 3164: the year that brings the time nearest to that of the event.
        let year =
            jiff::Timestamp::from_microsecond(near.as_micros()).ok()?.to_zoned(self.zone.clone()).year();
        let candidates = [year - 1, year, year + 1].into_iter().filter_map(|year| {
            parsed.set_year(Some(year)).ok()?;
            self.instant(&parsed)
        });
        candidates.min_by_key(|at| at.since(near).max(near.since(*at)))
    }

    fn instant(&self, parsed: &BrokenDownTime) -> Option<Timestamp> {
        let instant = match parsed.to_timestamp() {
            Ok(instant) => instant,
            Err(_) if parsed.offset().is_some() => return None,
            Err(_) => civil(parsed)?.to_zoned(self.zone.clone()).ok()?.timestamp(),
        };
        Timestamp::from_micros(instant.as_microsecond())
    }
}

fn civil(parsed: &BrokenDownTime) -> Option<civil::DateTime> {
    let date = parsed.to_date().ok()?;
    let time = parsed.to_time().unwrap_or_default();
    Some(date.to_datetime(time))
}

/// Checks that a format is known and says a time: that what it writes can be read.
fn check(format: &str) -> Result<(), String> {
    let unreadable = |error: jiff::Error| format!("cannot be read: {error}");
    let noon = civil::date(2026, 11, 29).at(12, 30, 15, 0).to_zoned(TimeZone::UTC).map_err(unreadable)?;
    let written = strtime::format(format, &noon).map_err(unreadable)?;
    let mut parsed = strtime::parse(format, &written).map_err(unreadable)?;
    if parsed.year().is_none() {
        parsed.set_year(Some(noon.year())).map_err(unreadable)?;
    }
    if parsed.to_timestamp().is_err() && parsed.to_date().is_err() {
        return Err("must say the day, such as in \"%Y-%m-%d %H:%M:%S\"".to_owned());
    }
    Ok(())
}

/// `from ts as %d/%b/%Y %H:%M in Europe/Berlin`
impl fmt::Display for TimeFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "from {}", self.from)?;
        if let Some(format) = &self.format {
            write!(f, " as {format}")?;
        }
        match self.zone.iana_name() {
            Some(name) if self.zone != TimeZone::UTC => write!(f, " in {name}"),
            _ => Ok(()),
        }
    }
}
