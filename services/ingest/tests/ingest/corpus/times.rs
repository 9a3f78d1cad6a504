//! Times in every form but the right one, and odd ones that are right.

use super::{Item, sample_with};
use std::time::Duration;
use watchkeeper_domain::Timestamp;

/// What is sent, and what is on the bus.
const TAKEN: [(&str, &str, &str); 16] = [
    ("the epoch", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ("the epoch in another zone", "1969-12-31T23:00:00-01:00", "1970-01-01T00:00:00Z"),
    ("an offset", "2024-11-20T13:00:00+03:00", "2024-11-20T10:00:00Z"),
    ("an offset of minutes", "2024-11-20T15:45:00+05:45", "2024-11-20T10:00:00Z"),
    ("an offset into the next day", "2024-11-20T23:00:00-13:00", "2024-11-21T12:00:00Z"),
    ("an unknown offset", "2024-11-20T10:00:00-00:00", "2024-11-20T10:00:00Z"),
    ("small letters", "2024-11-20t10:00:00z", "2024-11-20T10:00:00Z"),
    ("a space between date and time", "2024-11-20 10:00:00Z", "2024-11-20T10:00:00Z"),
    ("tenths of a second", "2024-11-20T10:00:00.1Z", "2024-11-20T10:00:00.100Z"),
    ("microseconds", "2024-11-20T10:00:00.123456Z", "2024-11-20T10:00:00.123456Z"),
    ("nanoseconds", "2024-11-20T10:00:00.123456789Z", "2024-11-20T10:00:00.123456Z"),
    ("nanoseconds that would round up", "2024-11-20T10:00:00.999999999Z", "2024-11-20T10:00:00.999999Z"),
    ("the last day of a leap year's February", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00Z"),
    ("the last second of a day", "2024-11-19T23:59:59Z", "2024-11-19T23:59:59Z"),
    ("a leap second", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ("an escape in a time", r"2024-11-20T10:00:00\u005a", "2024-11-20T10:00:00Z"),
];

/// What is no instant.
const REFUSED: [(&str, &str); 42] = [
    ("no text", ""),
    ("a word for a time", "now"),
    ("a date", "2024-11-20"),
    ("a time of day", "10:00:00Z"),
    ("a time without a zone", "2024-11-20T10:00:00"),
    ("a time without seconds or zone", "2024-11-20T10:00"),
    ("seconds since the epoch in quotes", "1795168800"),
    ("milliseconds since the epoch in quotes", "1795168800000"),
    ("a fraction of seconds since the epoch in quotes", "1795168800.123"),
    ("month 0", "2026-00-20T10:00:00Z"),
    ("month 13", "2026-13-20T10:00:00Z"),
    ("day 0", "2026-11-00T10:00:00Z"),
    ("day 31 of a month of 30", "2026-11-31T10:00:00Z"),
    ("day 29 of a February of 28", "2026-02-29T10:00:00Z"),
    ("hour 24", "2024-11-20T24:00:00Z"),
    ("hour 25", "2024-11-20T25:00:00Z"),
    ("minute 60", "2024-11-20T10:60:00Z"),
    ("second 61", "2024-11-20T10:00:61Z"),
    ("an offset of 99 hours", "2024-11-20T10:00:00+99:00"),
    ("an offset of 60 minutes", "2024-11-20T10:00:00+03:60"),
    ("an offset without a sign", "2024-11-20T10:00:00 03:00"),
    ("two zones", "2024-11-20T10:00:00Z+03:00"),
    ("the name of a zone", "2024-11-20T10:00:00 CET"),
    ("a date of HTTP", "Fri, 20 Nov 2026 10:00:00 GMT"),
    ("a date of the C library", "Fri Nov 20 10:00:00 2026"),
    ("a date of Go's String", "2024-11-20 10:00:00.123 +0000 UTC"),
    ("an American date", "11/20/2026 10:00:00"),
    ("a date with points", "20.11.2026 10:00:00"),
    ("a week date", "2026-W47-5T10:00:00Z"),
    ("a day of the year", "2026-324T10:00:00Z"),
    ("a year of two digits", "26-11-20T10:00:00Z"),
    ("a year of five digits", "12024-11-20T10:00:00Z"),
    ("a year of six digits with a sign", "+012024-11-20T10:00:00Z"),
    ("a negative year", "-000001-11-20T10:00:00Z"),
    ("the year 0", "0000-01-01T00:00:00Z"),
    ("Go's zero time", "0001-01-01T00:00:00Z"),
    ("the second before the epoch", "1969-12-31T23:59:59Z"),
    ("before the epoch by its zone", "1970-01-01T00:00:00+01:00"),
    ("a space before a time", " 2024-11-20T10:00:00Z"),
    ("a space after a time", "2024-11-20T10:00:00Z "),
    ("a NUL after a time", r"2024-11-20T10:00:00Z\u0000"),
    ("digits of another script", "２０２６-11-20T10:00:00Z"),
];

pub(crate) fn items() -> Vec<Item> {
    let sample = |time: &str| sample_with("collected_at", &format!("\"{time}\""));
    let taken = TAKEN.into_iter().map(move |(name, time, instant)| {
        let record =
            format!(r#"{{"source":"test","name":"odd","labels":{{}},"value":1,"CollectedAt":"{instant}"}}"#);
        Item::taken(name, sample(time), record)
    });
    let form = "must be an RFC 3339 time from 1970 to 9999, such as 2026-11-20T10:00:00.123Z";
    let refused =
        REFUSED.into_iter().map(move |(name, time)| Item::refused(name, sample(time), "collected_at", form));
    let long = Item::refused("a time of a megabyte", sample(&"2".repeat(1 << 20)), "collected_at", form);
    taken.chain(refused).chain([long]).chain(around_now()).collect()
}

/// The limit is 600 s ahead; a test may take some of them.
fn around_now() -> Vec<Item> {
    let sample = |time: Timestamp| sample_with("collected_at", &format!("\"{time}\""));
    let now = Timestamp::now();
    let soon = now.plus(Duration::from_secs(590));
    let taken = |name: &str, time: Timestamp| {
        Item::taken(
            name,
            sample(time),
            format!(r#"{{"source":"test","name":"odd","labels":{{}},"value":1,"CollectedAt":"{time}"}}"#),
        )
    };
    let refused = |name: &str, time: Timestamp| {
        Item::refused(name, sample(time), "collected_at", "s in the future, the limit is 600 s")
    };
    vec![
        taken("a clock that is ahead", soon),
        taken("a clock that is a year behind", now.minus(Duration::from_secs(365 * 24 * 60 * 60))),
        refused("a clock that is too far ahead", now.plus(Duration::from_secs(3600))),
        refused("a clock that is a day ahead", now.plus(Duration::from_secs(24 * 60 * 60))),
        refused("the last instant there is", Timestamp::MAX),
    ]
}
