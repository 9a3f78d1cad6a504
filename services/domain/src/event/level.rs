//! How severe an event is.

use std::fmt;
use std::str::FromStr;

/// How severe an event is: the severities of syslog (RFC 5424, 6.2.1), with `trace` below them as in
/// OpenTelemetry. Ordered by severity; [`Level::Unknown`] is below all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not given, or given as something that is no level.
    #[default]
    Unknown,
    /// Finer than debug.
    Trace,
    /// For developers.
    Debug,
    /// Routine.
    Info,
    /// Routine, but worth reading.
    Notice,
    /// May become an error.
    Warn,
    /// Something failed.
    Error,
    /// A part of the service failed; `fatal` in many libraries.
    Critical,
    /// Somebody must act at once.
    Alert,
    /// Nothing works.
    Emergency,
}

/// The word is not the name of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be trace, debug, info, notice, warn, error, critical, alert, emergency or unknown")]
pub struct UnknownLevel;

impl Level {
    /// All levels, by severity.
    pub const ALL: [Self; 10] = [
        Self::Unknown,
        Self::Trace,
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warn,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// Its number in stores, from 0 for [`Level::Unknown`]; ordered like the levels.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The level with that [`Self::number`].
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The level that a word means in any of the usual libraries, in upper or lower case: `WARNING`, `err`, `E`.
    pub fn of_word(word: &str) -> Option<Self> {
        const LONGEST: usize = 13;
        let word = word.trim();
        if word.len() > LONGEST {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "trace" | "trc" | "finest" | "finer" | "verbose" | "t" | "v" => Self::Trace,
            "debug" | "dbg" | "fine" | "debg" | "d" => Self::Debug,
            "info" | "information" | "informational" | "inf" | "i" | "log" => Self::Info,
            "notice" | "n" => Self::Notice,
            "warn" | "warning" | "wrn" | "w" => Self::Warn,
            "error" | "err" | "eror" | "severe" | "failure" | "e" => Self::Error,
            "critical" | "crit" | "fatal" | "ftl" | "f" | "c" => Self::Critical,
            "alert" | "a" => Self::Alert,
            "emergency" | "emerg" | "panic" => Self::Emergency,
            digits => return Self::of_digits(digits),
        })
    }

    fn of_digits(digits: &str) -> Option<Self> {
        digits.parse().ok().and_then(Self::of_number)
    }

    /// The level that a number in a JSON event means: 0 to 7 are syslog's severities, and 10, 20 … 60 the levels
    /// of bunyan and pino, to which those between are rounded down.
    pub const fn of_number(number: u64) -> Option<Self> {
        Some(match number {
            0..=7 => return Self::of_severity(number),
            10..=19 => Self::Trace,
            20..=29 => Self::Debug,
            30..=39 => Self::Info,
            40..=49 => Self::Warn,
            50..=59 => Self::Error,
            60 => Self::Critical,
            _ => return None,
        })
    }

    /// The level of a severity of syslog, 0 to 7.
    pub const fn of_severity(severity: u64) -> Option<Self> {
        Some(match severity {
            0 => Self::Emergency,
            1 => Self::Alert,
            2 => Self::Critical,
            3 => Self::Error,
            4 => Self::Warn,
            5 => Self::Notice,
            6 => Self::Info,
            7 => Self::Debug,
            _ => return None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Takes the names alone; [`Level::of_word`] takes what libraries write.
impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.name() == name).ok_or(UnknownLevel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_a_name_and_a_number_that_lead_back() {
        for (number, level) in Level::ALL.into_iter().enumerate() {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!(usize::from(level.number()), number);
            assert_eq!(Level::from_number(level.number()), Some(level));
        }
        assert_eq!(Level::from_number(10), None);
        assert!(Level::ALL.is_sorted());
    }

    #[test]
    fn a_word_of_any_library_has_a_level_and_another_word_has_none() {
        for (word, level) in [
            ("WARNING", Level::Warn),
            ("warn", Level::Warn),
            ("E", Level::Error),
            ("Err", Level::Error),
            ("FATAL", Level::Critical),
            (" info ", Level::Info),
            ("30", Level::Info),
            ("3", Level::Error),
            ("emerg", Level::Emergency),
        ] {
            assert_eq!(Level::of_word(word), Some(level), "{word}");
        }
        for word in ["", "x", "errors occurred", "-1", "999", "informationally"] {
            assert_eq!(Level::of_word(word), None, "{word}");
        }
    }

    #[test]
    fn a_number_is_one_of_syslog_or_of_pino() {
        assert_eq!([10, 20, 30, 35, 40, 50, 60].map(Level::of_number), {
            use Level::{Critical, Debug, Error, Info, Trace, Warn};
            [Trace, Debug, Info, Info, Warn, Error, Critical].map(Some)
        });
        assert_eq!([0, 7].map(Level::of_number), [Some(Level::Emergency), Some(Level::Debug)]);
        assert_eq!([8, 9, 61, u64::MAX].map(Level::of_number), [None; 4]);
    }
}
