//! The time around an alert.

use crate::explore::Span;
use std::time::Duration;
use watchkeeper_domain::{Alert, Timestamp};

/// How long before it fired.
const BEFORE: Duration = Duration::from_secs(60 * 60);
/// How long after it cleared.
const AFTER: Duration = Duration::from_secs(30 * 60);

/// From an hour before `alert` fires until half an hour after it cleared, or until `now`.
pub(crate) fn around(alert: &Alert, pending_since: Option<Timestamp>, now: Timestamp) -> Span {
    let from = pending_since.unwrap_or(alert.fired_at).minus(BEFORE);
    let to = alert.cleared_at.map_or(now, |at| at.plus(AFTER).min(now)).max(from.plus(AFTER));
    Span { from, to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchkeeper_domain::{Series, Severity};

    fn of(fired_at: &str, cleared_at: Option<&str>, now: &str) -> (String, String) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let alert = Alert {
            rule: "busy".into(),
            series: Arc::new(Series::new("host", "load", "", &[]).unwrap()),
            severity: Severity::Info,
            fired_at: at(fired_at),
            cleared_at: cleared_at.map(at),
            value: None,
            reason: String::new(),
            acknowledged: None,
        };
        let Span { from, to } = around(&alert, None, at(now));
        (from.to_string(), to.to_string())
    }

    #[test]
    fn it_begins_an_hour_before_and_ends_now_or_half_an_hour_after_the_end() {
        let fired_at = "2026-11-20T10:00:05Z";
        let expected = |to: &str| ("2026-11-20T09:00:05Z".to_owned(), to.to_owned());
        assert_eq!(of(fired_at, None, "2026-11-20T10:20:00Z"), expected("2026-11-20T10:20:00Z"));
        let cleared = Some("2026-11-20T10:10:00Z");
        assert_eq!(of(fired_at, cleared, "2026-11-20T10:20:00Z"), expected("2026-11-20T10:20:00Z"));
        assert_eq!(of(fired_at, cleared, "2026-11-29T10:20:00Z"), expected("2026-11-20T10:40:00Z"));
    }

    #[test]
    fn a_clock_that_was_ahead_makes_no_empty_range() {
        let (from, to) = of("2030-01-01T00:00:00Z", None, "2026-11-20T10:00:00Z");
        assert!(from < to, "{from} {to}");
    }
}
