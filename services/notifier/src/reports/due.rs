//! Decides whether a report is due.

use jiff::tz::TimeZone;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_query::Schedule;

/// How late a report is still sent, after nobody ran to send it.
const CATCH_UP: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How far a mark may be ahead of this clock, because another notifier's is. One that is further ahead was set while a clock
/// was wrong.
const MAX_AHEAD: Duration = Duration::from_secs(60 * 60);

/// Whether a report is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It is not.
    Nothing,
    /// It is counted from now on: it is new, or nobody has known for long when it was sent.
    Begin,
    /// It was due at this instant, the last one, and is to be sent. Those missed before it are not.
    At(Timestamp),
}

/// Whether a report is due at `now`, given the instant for which it was sent last.
pub(super) fn due(schedule: &Schedule, zone: &TimeZone, mark: Option<Timestamp>, now: Timestamp) -> Due {
    let Some(mark) = mark.filter(|mark| *mark <= now.plus(MAX_AHEAD)) else { return Due::Begin };
    match schedule.last_due(zone, now) {
        Some(last) if last > mark && now.since(last) > CATCH_UP => Due::Begin,
        Some(last) if last > mark => Due::At(last),
        _ => Due::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn is_due(mark: Option<&str>, now: &str) -> Due {
        due(&"daily 08:00".parse().unwrap(), &TimeZone::UTC, mark.map(at), at(now))
    }

    #[test]
    fn a_new_report_is_not_sent_for_a_time_before_it_was_there() {
        assert_eq!(is_due(None, "20T09:00"), Due::Begin);
        assert_eq!(is_due(Some("20T09:00"), "21T07:59"), Due::Nothing);
        assert_eq!(is_due(Some("20T09:00"), "21T08:00"), Due::At(at("21T08:00")));
    }

    #[test]
    fn a_report_is_sent_once_and_after_an_outage_for_the_last_time_that_was_missed() {
        assert_eq!(is_due(Some("20T08:00"), "20T08:00"), Due::Nothing);
        assert_eq!(is_due(Some("20T08:00"), "21T07:59"), Due::Nothing);
        assert_eq!(is_due(Some("20T08:00"), "23T10:00"), Due::At(at("23T08:00")));
    }

    #[test]
    fn a_report_that_was_due_long_ago_is_not_sent_any_more() {
        let monthly =
            |now| due(&"monthly 1 08:00".parse().unwrap(), &TimeZone::UTC, Some(Timestamp::MIN), at(now));
        assert_eq!(monthly("08T08:00"), Due::At(at("01T08:00")));
        assert_eq!(monthly("08T08:01"), Due::Begin);
    }

    #[test]
    fn a_mark_of_a_clock_that_was_wrong_is_not_waited_for() {
        assert_eq!(is_due(Some("20T08:00"), "20T07:59"), Due::Nothing, "another notifier was first");
        assert_eq!(is_due(Some("25T08:00"), "20T09:00"), Due::Begin);
    }
}
