//! Numbers in human-readable form.

/// Significant digits of calculated numbers.
const DIGITS: i32 = 3;

/// A value with its unit: `93 °C`.
pub(crate) fn amount(value: f64, unit: &str) -> String {
    amount_text(&value.to_string(), unit)
}

/// A formatted value with its unit.
pub(crate) fn amount_text(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {unit}") }
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
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
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
    }
}
