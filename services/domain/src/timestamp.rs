//! Instants.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An instant, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// Microseconds because PostgreSQL's `timestamptz` keeps those: an instant survives every store unchanged.
/// Finer input is truncated, not rounded, so that it never moves into the future.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 instant from 1970 to 9999.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time from 1970 to 9999, such as 2026-11-20T10:00:00.123Z")]
pub struct TimestampError;

impl Timestamp {
    /// The epoch, and the earliest instant.
    pub const MIN: Self = Self(0);
    /// The last microsecond of the year 9999 in UTC, less a day so that every time zone can show it.
    pub const MAX: Self = Self(253_402_207_200_000_000 - 1);

    /// Reads the wall clock. Decision logic never calls it: it gets the instant as an argument.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// From microseconds since the epoch; `None` outside [`Timestamp::MIN`]..=[`Timestamp::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros < Self::MIN.0 || micros > Self::MAX.0 { None } else { Some(Self(micros)) }
    }

    /// Microseconds since the epoch; never negative.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds since the epoch, with the fraction.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to the year 2255, and nothing compares it")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The time since `earlier`; zero if that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// This instant, earlier by `by`; at least [`Timestamp::MIN`].
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros).max(Self::MIN.0))
    }

    /// This instant, later by `by`; at most [`Timestamp::MAX`].
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(Self::MAX.0))
    }

    /// The start of the window of length `step` around this instant, aligned to the epoch (UTC).
    #[must_use]
    pub fn window_start(self, step: Duration) -> Self {
        let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX).max(1);
        Self(self.0 - self.0 % step)
    }
}

/// RFC 3339 in UTC, with as many fractional digits (0, 3 or 6) as the instant needs.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = jiff::Timestamp::from_microsecond(self.0).map_err(|_| fmt::Error)?;
        match self.0 % 1_000_000 {
            0 => write!(f, "{instant:.0}"),
            micros if micros % 1_000 == 0 => write!(f, "{instant:.3}"),
            _ => write!(f, "{instant:.6}"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        // jiff also accepts a time zone in brackets (RFC 9557), which [`Timestamp`] cannot display.
        if text.ends_with(']') {
            return Err(TimestampError);
        }
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        Self::from_micros(instant.as_microsecond()).ok_or(TimestampError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nanoseconds_are_cut_off_not_rounded() {
        let parsed: Timestamp = "2026-11-20T10:00:00.123999999Z".parse().unwrap();
        assert_eq!(parsed.to_string(), "2026-11-20T10:00:00.123999Z");
    }

    #[test]
    fn an_offset_is_converted_to_utc() {
        let parsed: Timestamp = "2026-11-20T13:00:00+03:00".parse().unwrap();
        assert_eq!(parsed.to_string(), "2026-11-20T10:00:00Z");
    }

    #[test]
    fn text_that_is_no_instant_is_refused() {
        let day = "2026-11-20";
        for text in
            ["", "yesterday", day, "2026-11-20T10:00:00", "1969-12-31T23:59:59Z", "2026-11-20T10:00Z[UTC]"]
        {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn the_bounds_can_be_shown_and_read_back() {
        for bound in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(bound.to_string().parse(), Ok(bound));
        }
    }

    proptest! {
        #[test]
        fn every_instant_survives_its_text(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let instant = Timestamp(micros);
            prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }

        #[test]
        fn a_window_holds_its_instant(micros in Timestamp::MIN.0..=Timestamp::MAX.0, secs in 1_u64..1_000_000) {
            let (instant, step) = (Timestamp(micros), Duration::from_secs(secs));
            let start = instant.window_start(step);
            prop_assert!(start <= instant && instant.since(start) < step);
        }
    }
}
