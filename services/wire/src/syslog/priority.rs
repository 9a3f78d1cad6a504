//! What a message begins with: `<13>`.

use watchkeeper_domain::Level;

/// The facilities by number, with the names that rsyslog and `logger` use (RFC 5424, 6.2.1).
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];
const SEVERITIES: usize = 8;
const MAX_DIGITS: usize = 3;

/// The name of a facility (RFC 5424, 6.2.1).
pub fn facility_name(number: usize) -> Option<&'static str> {
    FACILITIES.get(number).copied()
}

/// Severity and facility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Priority {
    pub(super) level: Level,
    pub(super) facility: &'static str,
}

impl Priority {
    /// The priority that `text` begins with, and what follows it.
    pub(super) fn split(text: &str) -> Option<(Self, &str)> {
        let inner = text.strip_prefix('<')?;
        let digits = inner.bytes().take(MAX_DIGITS).take_while(u8::is_ascii_digit).count();
        let (number, rest) = (&inner[..digits], inner[digits..].strip_prefix('>')?);
        let number: usize = number.parse().ok()?;
        let facility = facility_name(number / SEVERITIES)?;
        let level = Level::of_severity((number % SEVERITIES) as u64)?;
        Some((Self { level, facility }, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_is_facility_and_severity() {
        for (text, level, facility) in [
            ("<0>x", Level::Emergency, "kern"),
            ("<13>x", Level::Notice, "user"),
            ("<013>x", Level::Notice, "user"),
            ("<191>x", Level::Debug, "local7"),
        ] {
            assert_eq!(Priority::split(text), Some((Priority { level, facility }, "x")), "{text}");
        }
    }

    #[test]
    fn what_is_no_priority_is_text() {
        for text in ["", "<", "<>", "<192>x", "<1234>x", "<-1>x", "<1é>", "< 1>x", "<1", "13>x", "<²>"] {
            assert_eq!(Priority::split(text), None, "{text}");
        }
    }
}
