//! Values, durations and instants in human-readable form.

use std::time::Duration;
use watchkeeper_domain::Timestamp;
use watchkeeper_rules::unit_symbol;
use watchkeeper_runtime::Grouped;

/// Significant digits of a value.
const DIGITS: usize = 4;
/// Values from here on are written with an exponent.
const LARGEST_PLAIN: f64 = 1e15;
/// So are values smaller than this.
const SMALLEST_PLAIN: f64 = 1e-4;

/// The units of durations in seconds, the longest first.
const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];

/// A value with its unit: `93.46 %`.
pub(super) fn amount(value: f64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    format!("{}{space}{}", number(value), unit_symbol(unit))
}

/// A number with thousands separators; the fraction is cut to a few significant digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= LARGEST_PLAIN || (size < SMALLEST_PLAIN && size > 0.0) || !size.is_finite() {
        return format!("{value:e}");
    }
    // Fewer decimals by the digits of the whole part, or more by leading zeros of the fraction.
    let whole_digits = format!("{size:.0}").len();
    let decimals = match size {
        1.0.. => DIGITS.saturating_sub(whole_digits),
        _ => 2 * DIGITS - 1,
    };
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| Grouped(whole).to_string());
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if value < 0.0 && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// A duration in its two largest units: `4m 10s`. Truncated.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let largest = UNITS.iter().position(|&(unit, _)| seconds >= unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[largest];
    let whole = format!("{}{name}", seconds / unit);
    match UNITS.get(largest + 1).map(|&(smaller, name)| (seconds % unit / smaller, name)) {
        Some((rest, name)) if rest > 0 => format!("{whole} {rest}{name}"),
        _ => whole,
    }
}

/// An instant to the second: `2026-11-20 10:00:00 UTC`.
pub(super) fn instant(at: Timestamp) -> String {
    at.window_start(Duration::from_secs(1)).to_string().replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_short_and_has_its_unit() {
        let cases = [
            (0.0, "percent", "0 %"),
            (-0.0, "", "0"),
            (93.456_78, "percent", "93.46 %"),
            (99.999, "%", "100 %"),
            (125_000.0, "stars", "125,000 stars"),
            (-1_234.56, "RUB", "-1,235 RUB"),
            (0.012_345_678_9, "s", "0.0123457 s"),
            (2.5, "", "2.5"),
            (1.5e-9, "", "1.5e-9"),
            (2e300, "bytes", "2e300 bytes"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(amount(value, unit), expected);
        }
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        let shown = [0, 59, 60, 250, 3_600, 7_525, 100_000].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(shown, ["0s", "59s", "1m", "4m 10s", "1h", "2h 5m", "1d 3h"]);
    }

    #[test]
    fn an_instant_is_shown_to_the_second() {
        assert_eq!(instant("2026-11-20T10:00:00.5Z".parse().unwrap()), "2026-11-20 10:00:00 UTC");
    }

    proptest! {
        #[test]
        fn any_value_is_shown(value in any::<f64>()) {
            prop_assert!(amount(value, "").len() <= 30, "{}", amount(value, ""));
        }
    }
}
