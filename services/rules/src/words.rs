//! Numbers and times in human-readable form.

use std::time::Duration;
use watchkeeper_config::show_duration;

/// Significant digits of calculated numbers.
const DIGITS: i32 = 3;

/// Longest exact value that is shown, in bytes.
const MAX_EXACT: usize = 8;
/// Decimals of a longer one.
const DECIMALS: usize = 2;

/// A value with its unit: `93 °C`, `99.58 %`.
pub(crate) fn amount(value: f64, unit: &str) -> String {
    let exact = value.to_string();
    if exact.len() <= MAX_EXACT || !exact.contains('.') || value.abs() < 1.0 {
        return amount_text(&exact, unit);
    }
    amount_text(without_zeros(&format!("{value:.DECIMALS$}")), unit)
}

/// A formatted value with its unit.
pub(crate) fn amount_text(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {}", unit_symbol(unit)) }
}

/// A unit, also one per time, as people write it: `%`, `%/h`.
pub fn unit_symbol(unit: &str) -> String {
    unit.strip_prefix("percent").map_or_else(|| unit.to_owned(), |per| format!("%{per}"))
}

/// A time as people write it: `1 h 30 min`, `2 days`.
pub(crate) fn time(duration: Duration) -> String {
    let compact = show_duration(duration);
    let mut words = Vec::new();
    let mut rest = compact.as_str();
    while let Some(at) = rest.find(|c: char| !c.is_ascii_digit()) {
        let (number, unit_and_rest) = rest.split_at(at);
        let end = unit_and_rest.find(|c: char| c.is_ascii_digit()).unwrap_or(unit_and_rest.len());
        let (unit, next) = unit_and_rest.split_at(end);
        let unit = match (unit, number) {
            ("m", _) => "min",
            ("d", "1") => "day",
            ("d", _) => "days",
            (other, _) => other,
        };
        words.push(format!("{number} {unit}"));
        rest = next;
    }
    words.join(" ")
}

fn without_zeros(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

/// A calculated number, rounded to a few significant digits.
pub(crate) fn rounded(value: f64) -> String {
    if !value.is_finite() || value == 0.0 {
        return value.to_string();
    }
    #[expect(clippy::cast_possible_truncation, reason = "the decimal exponent of a float is within ±324")]
    let exponent = value.abs().log10().floor() as i32;
    let places = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
    let text = format!("{value:.places$}");
    if text.contains('.') { without_zeros(&text).to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calculated_number_has_three_digits_and_no_more() {
        for (value, text) in [
            (0.0, "0"),
            (5.234, "5.23"),
            (-0.001_234_5, "-0.00123"),
            (60.000_01, "60"),
            (1234.5, "1234"),
            (99.96, "100"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(rounded(value), text);
        }
    }

    #[test]
    fn a_value_is_shown_with_its_unit_if_it_has_one() {
        assert_eq!(amount(0.5, "s"), "0.5 s");
        assert_eq!(amount(-3.0, ""), "-3");
        assert_eq!(amount(99.584_086_591_188_56, "percent"), "99.58 %");
        assert_eq!(amount(77_743_111_168.0, "bytes"), "77743111168 bytes");
        assert_eq!(amount_text("4", "percent/h"), "4 %/h");
        assert_eq!(amount(0.000_123_456_7, ""), "0.0001234567");
    }

    #[test]
    fn a_time_is_written_in_words() {
        for (seconds, words) in [
            (0, "0 s"),
            (90, "1 min 30 s"),
            (300, "5 min"),
            (5_400, "1 h 30 min"),
            (86_400, "1 day"),
            (2 * 86_400, "2 days"),
            (2 * 86_400 + 3_600, "49 h"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), words);
        }
        assert_eq!(time(Duration::from_millis(1_500)), "1 s 500 ms");
    }
}
