//! Numbers with their thousands apart.

use std::ops::RangeInclusive;

/// Whole numbers: `1,234,567`.
pub(crate) fn count(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    separated(&digits)
}

/// `1,234.5`: at least and at most so many decimals; zeros at the end count as none.
pub(crate) fn grouped(value: f64, decimals: &RangeInclusive<usize>) -> String {
    let text = format!("{:.*}", *decimals.end(), value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let kept = fraction.trim_end_matches('0').len().max(*decimals.start());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let sign = if value.is_sign_negative() && !is_zero { "-" } else { "" };
    let point = if kept > 0 { "." } else { "" };
    format!("{sign}{}{point}{}", separated(whole), &fraction[..kept])
}

fn separated(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let shown = [0_u64, 999, 1_000, 125_000, 1_234_567].map(count);
        assert_eq!(shown, ["0", "999", "1,000", "125,000", "1,234,567"]);
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
}
