//! Numbers with their thousands apart.

use std::ops::RangeInclusive;
use watchkeeper_runtime::Grouped;

/// Whole numbers: `1,234,567`.
pub(crate) fn count(number: impl TryInto<u64>) -> String {
    Grouped(number.try_into().unwrap_or(u64::MAX)).to_string()
}

/// `1,234.5`: at least and at most so many decimals; zeros at the end count as none.
pub(crate) fn grouped(value: f64, decimals: &RangeInclusive<usize>) -> String {
    let text = format!("{:.*}", *decimals.end(), value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let kept = fraction.trim_end_matches('0').len().max(*decimals.start());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value.is_sign_negative() && !is_zero { "-" } else { "" };
    let point = if kept > 0 { "." } else { "" };
    // What does not fit a `u64` is written with an exponent long before.
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| Grouped(whole).to_string());
    format!("{sign}{whole}{point}{}", &fraction[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
