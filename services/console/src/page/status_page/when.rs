//! Times in the time zone of a page.

use jiff::tz::TimeZone;
use watchkeeper_domain::Timestamp;

/// An instant, for programs and for readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// RFC 3339.
    pub(super) at: String,
    pub(super) text: String,
}

impl When {
    /// `20 Nov 2026, 14:05 CET`.
    pub(super) fn minute(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at: at.to_string(), text: formatted(at, zone, "%-d %b %Y, %H:%M %Z") }
    }

    /// `20 November 2026`.
    pub(super) fn day(at: Timestamp, zone: &TimeZone) -> Self {
        Self { at: formatted(at, zone, "%Y-%m-%d"), text: formatted(at, zone, "%-d %B %Y") }
    }
}

fn formatted(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    let instant = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(zone.clone()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_that_of_the_zone_and_names_it() {
        let at: Timestamp = "2026-11-20T23:05:59Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let utc = When::minute(at, &TimeZone::UTC);
        assert_eq!((utc.at.as_str(), utc.text.as_str()), ("2026-11-20T23:05:59Z", "20 Nov 2026, 23:05 UTC"));
        assert_eq!(When::minute(at, &berlin).text, "21 Nov 2026, 00:05 CET");
        let day = When::day(at, &berlin);
        assert_eq!((day.at.as_str(), day.text.as_str()), ("2026-11-21", "21 November 2026"));
    }
}
