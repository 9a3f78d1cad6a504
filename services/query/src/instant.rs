//! Times in query parameters.

use watchkeeper_config::parse_duration;
use watchkeeper_domain::{Timestamp, Violation};

/// Reads an RFC 3339 time, or a duration before `now`: `2026-11-20T10:00:00Z`, `1h`, `-1h`.
///
/// # Errors
/// Names `field`, and says what to write.
pub fn instant(field: &str, text: &str, now: Timestamp) -> Result<Timestamp, Violation> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let ago = text.strip_prefix('-').unwrap_or(text);
    match parse_duration(ago) {
        Ok(ago) => Ok(now.minus(ago)),
        Err(_) => Err(Violation::new(field, not_an_instant(text))),
    }
}

fn not_an_instant(text: &str) -> String {
    let expected = "must be an RFC 3339 time from 1970 to 9999, such as 2026-11-20T10:00:00Z, \
                    or a duration before now, such as 1h";
    // An offset such as +03:00 with an unescaped plus, which means a space in a query.
    let forgotten = text.replacen(' ', "+", 1).parse::<Timestamp>().is_ok();
    let hint = if forgotten { ": write %2B for the + of the offset" } else { "" };
    format!("{expected}; is {text:?}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn read(text: &str) -> Result<String, String> {
        let read = instant("from", text, NOW.parse().unwrap());
        read.map(|at| at.to_string()).map_err(|violation| violation.to_string())
    }

    #[test]
    fn a_time_and_a_duration_before_now_are_read() {
        for (text, expected) in [
            ("2026-11-20T12:30:00+03:00", "2026-11-20T09:30:00Z"),
            ("1h", "2026-11-20T09:00:00Z"),
            ("-1h", "2026-11-20T09:00:00Z"),
            ("1h30m", "2026-11-20T08:30:00Z"),
            ("7d", "2026-11-13T10:00:00Z"),
            ("0s", NOW),
            ("100000w", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_neither_is_refused_and_says_what_to_write() {
        for text in ["", "-", "--1h", "yesterday", "3600", "2026-11-20", "1h ago"] {
            let refused = read(text).unwrap_err();
            assert!(refused.starts_with("from: must be an RFC 3339 time"), "{refused}");
            assert!(refused.ends_with(&format!("is {text:?}")), "{refused}");
        }
        let refused = read("2026-11-20T12:30:00 03:00").unwrap_err();
        assert!(refused.ends_with("write %2B for the + of the offset"), "{refused}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_by_name(text in "\\PC*") {
            if let Err(refused) = read(&text) {
                prop_assert!(refused.starts_with("from: "));
            }
        }
    }
}
