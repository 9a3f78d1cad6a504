//! The window length that suits a range.

use std::time::Duration;
use watchkeeper_domain::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Round steps, in seconds.
const STEPS: [u64; 20] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// The shortest round step that gives at most `most` windows, at least 2; whole days for ranges of many years.
#[must_use]
pub fn step_within(from: Timestamp, to: Timestamp, most: u64) -> Duration {
    let most = most.max(2);
    let known = STEPS.into_iter().find(|&step| windows(from, to, step) <= most);
    // One window less, because the first may start before the range.
    let days = || to.since(from).as_secs().div_ceil((most - 1) * DAY);
    Duration::from_secs(known.unwrap_or_else(|| days() * DAY))
}

fn windows(from: Timestamp, to: Timestamp, step: u64) -> u64 {
    let step = Duration::from_secs(step);
    let span = to.since(from.window_start(step));
    u64::try_from(span.as_micros().div_ceil(step.as_micros())).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chosen(span: Duration) -> Duration {
        let to: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        step_within(to.minus(span), to, 300)
    }

    #[test]
    fn the_step_fits_the_range() {
        for (span, step) in [
            (Duration::from_secs(300), Duration::from_secs(1)),
            (Duration::from_secs(301), Duration::from_secs(2)),
            (Duration::from_secs(HOUR), Duration::from_secs(15)),
            (Duration::from_secs(DAY), Duration::from_secs(5 * MINUTE)),
            (Duration::from_secs(90 * DAY), Duration::from_secs(12 * HOUR)),
            (Duration::from_secs(10 * 365 * DAY), Duration::from_secs(13 * DAY)),
        ] {
            assert_eq!(chosen(span), step, "{span:?}");
        }
    }

    proptest! {
        #[test]
        fn no_range_gives_more_windows_than_the_limit(
            from in 0..Timestamp::MAX.as_micros(),
            micros in 1..Timestamp::MAX.as_micros(),
            most in 2_u64..2_000,
        ) {
            let from = Timestamp::from_micros(from).unwrap();
            let to = from.plus(Duration::from_micros(micros.unsigned_abs()));
            let step = step_within(from, to, most);
            prop_assert!(windows(from, to, step.as_secs()) <= most);
        }
    }
}
