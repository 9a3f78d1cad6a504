//! The range of time that a page shows.

use std::time::Duration;
use watchkeeper_config::{parse_duration, show_duration};
use watchkeeper_domain::{Timestamp, Violation};

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Shortest range.
pub(super) const MIN_LENGTH: Duration = Duration::from_secs(10);
/// Longest range, ten years: as long as rollups are kept.
pub(super) const MAX_LENGTH: Duration = Duration::from_secs(3_660 * DAY);

/// How far a page looks back from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over(pub(crate) Duration);

impl Default for Over {
    fn default() -> Self {
        Self(Duration::from_secs(HOUR))
    }
}

impl Over {
    /// Those that pages offer, with their names in addresses and on the page.
    const NAMED: [(u64, &'static str, &'static str); 8] = [
        (HOUR / 4, "15m", "last 15 minutes"),
        (HOUR, "1h", "last hour"),
        (6 * HOUR, "6h", "last 6 hours"),
        (DAY, "24h", "last 24 hours"),
        (7 * DAY, "7d", "last 7 days"),
        (30 * DAY, "30d", "last 30 days"),
        (90 * DAY, "90d", "last 90 days"),
        (365 * DAY, "1y", "last year"),
    ];

    /// Those that pages of series offer, the shortest first.
    pub(crate) fn of_series() -> impl Iterator<Item = Self> {
        Self::named().skip(1)
    }

    /// Those that pages of events offer: events are kept for a shorter time.
    pub(crate) fn of_events() -> impl Iterator<Item = Self> {
        Self::named().take(5)
    }

    fn named() -> impl Iterator<Item = Self> {
        Self::NAMED.into_iter().map(|(seconds, ..)| Self(Duration::from_secs(seconds)))
    }

    /// Reads `1y`, or any duration from [`MIN_LENGTH`] to [`MAX_LENGTH`].
    pub(crate) fn parse(text: &str) -> Result<Self, Violation> {
        let offered = Self::NAMED.into_iter().find(|(_, name, _)| *name == text);
        let length = match offered {
            Some((seconds, ..)) => Duration::from_secs(seconds),
            None => parse_duration(text).map_err(|reason| Violation::new("over", reason))?,
        };
        check_length("over", length)?;
        Ok(Self(length))
    }

    fn entry(self) -> Option<(u64, &'static str, &'static str)> {
        Self::NAMED.into_iter().find(|(seconds, ..)| Duration::from_secs(*seconds) == self.0)
    }

    /// Its name in addresses.
    pub(crate) fn name(self) -> String {
        self.entry().map_or_else(|| show_duration(self.0), |(_, name, _)| name.to_owned())
    }

    /// Its name in the API, which has no years.
    pub(crate) fn of_api(self) -> String {
        match self.entry() {
            Some((_, name, _)) if parse_duration(name).is_ok_and(|length| length == self.0) => {
                name.to_owned()
            }
            _ => show_duration(self.0),
        }
    }

    /// Its name on a page.
    pub(crate) fn title(self) -> String {
        self.entry().map_or_else(|| format!("last {}", show_duration(self.0)), |(.., title)| title.to_owned())
    }
}

/// The range that an address asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Range {
    /// Up to now, unless `between` is given.
    pub(crate) over: Over,
    /// From one instant to another.
    pub(crate) between: Option<Span>,
}

/// Instants from one to a later one, at least [`MIN_LENGTH`] apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Range {
    /// Reads the parameters `over`, `from` and `to`; empty ones are absent. Without `to` the range ends now.
    pub(crate) fn parse(over: &str, from: &str, to: &str, now: Timestamp) -> Result<Self, Violation> {
        let over = if over.is_empty() { Over::default() } else { Over::parse(over)? };
        let between = match (from, to) {
            ("", "") => None,
            ("", _) => return Err(Violation::new("from", "must be given when to is")),
            (from, to) => {
                let to = if to.is_empty() { now } else { instant("to", to)? };
                Some(Span::new(instant("from", from)?, to)?)
            }
        };
        Ok(Self { over, between })
    }

    /// The instants at `now`.
    pub(crate) fn span(self, now: Timestamp) -> Span {
        self.between.unwrap_or(Span { from: now.minus(self.over.0), to: now })
    }

    /// In words: `last 24 hours`, `2026-11-20 10:00 to 12:30`.
    pub(crate) fn title(self) -> String {
        self.between.map_or_else(|| self.over.title(), Span::title)
    }
}

impl Span {
    fn new(from: Timestamp, to: Timestamp) -> Result<Self, Violation> {
        if from >= to {
            return Err(Violation::new("from", "must be before to"));
        }
        check_length("to", to.since(from))?;
        Ok(Self { from, to })
    }

    pub(crate) fn length(self) -> Duration {
        self.to.since(self.from)
    }

    /// The same length of time, earlier by `by`.
    pub(crate) fn earlier(self, by: Duration) -> Self {
        Self { from: self.from.minus(by), to: self.to.minus(by) }
    }

    fn title(self) -> String {
        let [from, to] = [self.from, self.to].map(|at| {
            let text = at.to_string();
            text.get(..16).unwrap_or_default().replace('T', " ")
        });
        match (from.split_once(' '), to.split_once(' ')) {
            (Some((day, _)), Some((last, time))) if day == last => format!("{from} to {time} UTC"),
            _ => format!("{from} to {to} UTC"),
        }
    }
}

fn check_length(field: &str, length: Duration) -> Result<(), Violation> {
    if (MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        return Ok(());
    }
    let (least, most) = (show_duration(MIN_LENGTH), show_duration(MAX_LENGTH));
    Err(Violation::new(
        field,
        format!("gives a range of {}, must be {least} to {most}", show_duration(length)),
    ))
}

/// An RFC 3339 time, or the first part of one, as people type it: `2026-11-20`, `2026-11-20 10:00`. Without a zone it is
/// in UTC.
fn instant(field: &str, text: &str) -> Result<Timestamp, Violation> {
    let typed = text.replacen(' ', "T", 1);
    let whole = match typed.len() {
        10 => format!("{typed}T00:00:00Z"),
        16 => format!("{typed}:00Z"),
        17 => format!("{}:00Z", typed.trim_end_matches('Z')),
        _ => format!("{typed}Z"),
    };
    let found = text.parse().or_else(|_| whole.parse::<Timestamp>());
    found.map_err(|_| Violation::new(field, format!("must be a time such as 2026-11-20 10:00, is {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-20T10:00:00Z".parse().unwrap()
    }

    fn read(over: &str, from: &str, to: &str) -> Result<(String, String), String> {
        let range = Range::parse(over, from, to, now()).map_err(|violation| violation.to_string())?;
        let span = range.span(now());
        Ok((format!("{} {}", span.from, span.to), range.title()))
    }

    #[test]
    fn a_range_is_relative_or_between_two_instants() {
        for (over, from, to, expected, title) in [
            ("", "", "", "2026-11-20T09:00:00Z 2026-11-20T10:00:00Z", "last hour"),
            ("1y", "", "", "2025-11-20T10:00:00Z 2026-11-20T10:00:00Z", "last year"),
            ("90m", "", "", "2026-11-20T08:30:00Z 2026-11-20T10:00:00Z", "last 1h30m"),
            (
                "",
                "2026-11-20 08:00",
                "",
                "2026-11-20T08:00:00Z 2026-11-20T10:00:00Z",
                "2026-11-20 08:00 to 10:00 UTC",
            ),
            (
                "",
                "2026-11-20",
                "2026-11-20T09:00Z",
                "2026-11-20T00:00:00Z 2026-11-20T09:00:00Z",
                "2026-11-20 00:00 to 09:00 UTC",
            ),
            (
                "24h",
                "2026-11-18T08:00:05Z",
                "2026-11-19T10:00:00+02:00",
                "2026-11-18T08:00:05Z 2026-11-19T08:00:00Z",
                "2026-11-18 08:00 to 2026-11-19 08:00 UTC",
            ),
        ] {
            assert_eq!(
                read(over, from, to),
                Ok((expected.to_owned(), title.to_owned())),
                "{over} {from} {to}"
            );
        }
    }

    #[test]
    fn a_range_that_makes_no_sense_names_the_field_and_the_limit() {
        for (over, from, to, expected) in [
            ("9s", "", "", "over: gives a range of 9s, must be 10s to 3660d"),
            ("3661d", "", "", "over: gives a range of 3661d, must be 10s to 3660d"),
            ("week", "", "", "over: must be a duration such as \"15s\", \"1h30m\" or \"7d\", is \"week\""),
            ("", "", "2026-11-20T08:00Z", "from: must be given when to is"),
            ("", "2026-11-20T08:00Z", "2026-11-20T08:00Z", "from: must be before to"),
            ("", "monday", "", "from: must be a time such as 2026-11-20 10:00, is \"monday\""),
        ] {
            assert_eq!(read(over, from, to).unwrap_err(), expected);
        }
        assert!(read("10s", "", "").is_ok() && read("3660d", "", "").is_ok());
    }

    #[test]
    fn what_is_offered_is_read_by_its_name() {
        for over in Over::of_series().chain(Over::of_events()) {
            assert_eq!(Over::parse(&over.name()), Ok(over));
        }
        let names =
            |offered: &mut dyn Iterator<Item = Over>| offered.map(Over::name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&mut Over::of_series()), "1h 6h 24h 7d 30d 90d 1y");
        assert_eq!(names(&mut Over::of_events()), "15m 1h 6h 24h 7d");
    }

    proptest! {
        #[test]
        fn any_texts_are_read_or_refused(over in "\\PC{0,8}", from in "[0-9TZ:+-]{0,20}", to in "\\PC{0,20}") {
            let _ = Range::parse(&over, &from, &to, now());
        }
    }
}
