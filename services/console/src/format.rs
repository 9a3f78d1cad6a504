//! Human-readable values, ages and times.

mod value;

pub(crate) use value::{Scale, Shown};

use std::ops::RangeInclusive;
use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_runtime::Grouped;

/// The units of an age in seconds, the longest first. Same as in the script.
const AGE_UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];

/// A time that is at most so far ahead is `just now`: clocks differ. Same as in the script.
const SKEW: Duration = Duration::from_secs(10);

/// A value with its unit as the pages show it: `71.3 GiB`, `99.6 %`. It must be finite.
pub fn shown(value: f64, unit: &str) -> String {
    Shown::new(value, unit).text
}

/// `3 s ago`, in the largest unit that fits; `just now` for less than a second, and `in 12 min (clock ahead)` for a time
/// in the future.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match (age(at, now), age(now, at)) {
        (Some(age), _) => format!("{age} ago"),
        (None, Some(ahead)) if at > now.plus(SKEW) => format!("in {ahead} (clock ahead)"),
        (None, _) => "just now".to_owned(),
    }
}

/// The age as a duration: `3 s`; `None` for less than a second.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> Option<String> {
    let seconds = now.since(at).as_secs();
    let (unit, name) = AGE_UNITS.iter().find(|(unit, _)| seconds >= *unit)?;
    Some(format!("{} {name}", seconds / unit))
}

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `14:30:00 UTC`, preceded by the date unless it is that of `now`.
pub(crate) fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.window_start(SECOND).to_string().replace('T', " ").replace('Z', " UTC");
    if at.window_start(DAY) == now.window_start(DAY) {
        text.split_once(' ').map(|(_, time)| time.to_owned()).unwrap_or(text)
    } else {
        text
    }
}

/// `2026-11-20 14:30:00.123`: of events, which may follow each other fast. In UTC.
pub(crate) fn instant(at: Timestamp) -> String {
    let second = at.window_start(SECOND);
    let text = second.to_string().replace('T', " ");
    format!("{}.{:03}", text.trim_end_matches('Z'), at.since(second).subsec_millis())
}

/// The units of a duration in seconds, the longest first.
const SPAN_UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];

/// A duration in its two largest units, rounded down: `12 d 3 h`. Less than a minute is shown in whole seconds.
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs().floor();
    let largest = SPAN_UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(SPAN_UNITS.len() - 1);
    let (unit, name) = SPAN_UNITS[largest];
    let whole = grouped((seconds / unit).floor(), &(0..=0));
    let rest =
        SPAN_UNITS.get(largest + 1).map(|(smaller, name)| (((seconds % unit) / smaller).floor(), name));
    match rest {
        Some((rest, smaller)) if rest > 0.0 => format!("{sign}{whole} {name} {rest:.0} {smaller}"),
        _ => format!("{sign}{whole} {name}"),
    }
}

/// A whole number: `1,234,567`.
pub(crate) fn count(number: impl TryInto<u64>) -> String {
    Grouped(number.try_into().unwrap_or(u64::MAX)).to_string()
}

/// `1,234.5`, with a number of decimals in this range; trailing zeros are dropped.
pub(crate) fn grouped(value: f64, decimals: &RangeInclusive<usize>) -> String {
    let text = format!("{:.*}", *decimals.end(), value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let kept = fraction.trim_end_matches('0').len().max(*decimals.start());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value.is_sign_negative() && !is_zero { "-" } else { "" };
    let point = if kept > 0 { "." } else { "" };
    // Numbers beyond `u64` are written with an exponent long before.
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| Grouped(whole).to_string());
    format!("{sign}{whole}{point}{}", &fraction[..kept])
}

/// The value at two digits, rounded up: 3.21 becomes 3.3.
pub(crate) fn round_up(value: f64) -> f64 {
    // Without the sign of a negative zero.
    0.0 - round_down(-value)
}

/// The value at two digits, rounded down.
pub(crate) fn round_down(value: f64) -> f64 {
    if value.abs() < f64::MIN_POSITIVE {
        return 0.0;
    }
    let digit = 10_f64.powf(value.abs().log10().floor() - 1.0);
    let rounded = (value / digit).floor() * digit;
    // 3.3000000000000003 is not what anybody would write.
    let shortest = format!("{rounded:.1e}").parse().unwrap_or(value);
    if f64::is_finite(shortest) { shortest } else { value }
}

/// The first `max_chars` characters of `text`, followed by an ellipsis if it is longer.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_its_largest_unit() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let shown =
            [0, 1, 59, 60, 3_599, 7_300, 200_000].map(|secs| ago(now.minus(Duration::from_secs(secs)), now));
        assert_eq!(
            shown,
            ["just now", "1 s ago", "59 s ago", "1 min ago", "59 min ago", "2 h ago", "2 d ago"]
        );
        let ahead = |seconds| ago(now.plus(Duration::from_secs(seconds)), now);
        assert_eq!([ahead(10), ahead(720)], ["just now", "in 12 min (clock ahead)"]);
    }

    #[test]
    fn an_instant_of_another_day_has_its_date() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        let later = |hours: u64| clock(now.plus(Duration::from_secs(hours * 3_600) + SECOND / 2), now);
        assert_eq!([later(4), later(14)], ["14:00:00 UTC", "2026-11-21 00:00:00 UTC"]);
    }

    #[test]
    fn the_instant_of_an_event_has_its_milliseconds() {
        let shown =
            ["2026-11-20T10:00:00Z", "2026-11-20T10:00:00.0049Z"].map(|at| instant(at.parse().unwrap()));
        assert_eq!(shown, ["2026-11-20 10:00:00.000", "2026-11-20 10:00:00.004"]);
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        let shown = [0.0, 59.9, 60.0, 200.0, 3_600.0, 7_525.0, 86_400.0, 1_047_600.0, 1e9].map(duration);
        let expected =
            ["0 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "1 d", "12 d 3 h", "11,574 d 1 h"];
        assert_eq!(shown, expected);
        assert_eq!(duration(-200.0), "-3 min 20 s");
    }

    #[test]
    fn decimals_stay_within_their_bounds() {
        assert_eq!(grouped(1234.56, &(0..=1)), "1,234.6");
        assert_eq!(grouped(1234.0, &(0..=1)), "1,234");
        assert_eq!(grouped(1234.0, &(1..=1)), "1,234.0");
        assert_eq!(grouped(-0.5, &(0..=3)), "-0.5");
        assert_eq!(grouped(999.96, &(0..=1)), "1,000");
    }

    #[test]
    fn what_is_rounded_to_zero_has_no_sign() {
        assert_eq!(grouped(-0.001, &(1..=2)), "0.0");
        assert_eq!(grouped(-0.0, &(0..=2)), "0");
    }

    #[test]
    fn a_value_is_rounded_to_two_digits() {
        let values = [3.21, 100.0, 0.0, -3.21, 99.3, 1_234_567.0, 0.001_234];
        let shown = |round: fn(f64) -> f64| values.map(|value| round(value).to_string());
        assert_eq!(shown(round_up), ["3.3", "100", "0", "-3.2", "100", "1300000", "0.0013"]);
        assert_eq!(shown(round_down), ["3.2", "100", "0", "-3.3", "99", "1200000", "0.0012"]);
    }

    #[test]
    fn what_is_cut_off_is_marked() {
        assert_eq!([cut("", 0), cut("äöü", 3), cut("äöü", 2)], ["", "äöü", "äö…"]);
    }
}
