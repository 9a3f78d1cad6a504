//! Numbers in human-readable form.

use std::fmt;
use std::time::Duration;

/// A number with thousands separators: `4,120`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Rounded down to the second below a minute, to the minute below an hour, to the hour above.
#[must_use]
pub fn roughly(duration: Duration) -> Duration {
    let seconds = duration.as_secs();
    let step = match seconds {
        ..MINUTE => 1,
        MINUTE..HOUR => MINUTE,
        HOUR.. => HOUR,
    };
    Duration::from_secs(seconds / step * step)
}

/// Whole milliseconds, as the log has them in fields such as `duration_ms`.
#[must_use]
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The rate per second of `count` in `elapsed`, rounded down.
#[must_use]
pub fn per_second(count: u64, elapsed: Duration) -> u64 {
    count.saturating_mul(1_000) / millis(elapsed).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let shown = [0, 999, 1_000, 125_000, 1_234_567].map(|number| Grouped(number).to_string());
        assert_eq!(shown, ["0", "999", "1,000", "125,000", "1,234,567"]);
    }

    #[test]
    fn the_rate_is_per_second() {
        assert_eq!(per_second(24, Duration::from_secs(2)), 12);
        assert_eq!(per_second(1, Duration::ZERO), 1_000);
    }
}
