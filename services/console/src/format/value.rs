//! Values with their units.

use super::{duration, grouped};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// A value as text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    /// The value with its unit.
    pub(crate) text: String,
    /// How it was scaled; `None` if it is not one number and one unit. The script formats later values of the
    /// series the same way.
    pub(crate) scale: Option<Scale>,
}

/// How a value is scaled to a unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) divisor: f64,
    /// Minimum and maximum number of decimals.
    pub(crate) decimals: RangeInclusive<usize>,
    /// The text after the number.
    pub(crate) suffix: Cow<'static, str>,
}

/// The physical quantity that a unit stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quantity<'a> {
    /// Bytes, with the text after the unit.
    Bytes(&'static str),
    /// Time, with the length of the unit in seconds.
    Time(f64),
    Percent,
    Celsius,
    /// Anything else: the unit is shown as is.
    Number(&'a str),
}

/// Multiples of a byte, the largest first (IEC 80000-13).
const BYTE_MULTIPLES: [(f64, &str); 6] = [
    (1_125_899_906_842_624.0, " PiB"),
    (1_099_511_627_776.0, " TiB"),
    (1_073_741_824.0, " GiB"),
    (1_048_576.0, " MiB"),
    (1_024.0, " KiB"),
    (1.0, " B"),
];

/// Fractions of a second, the largest first.
const SECOND_FRACTIONS: [(f64, &str); 4] = [(1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns")];

/// Smaller numbers are written with an exponent.
const SMALLEST_PLAIN: f64 = 1e-4;
/// Numbers from here on are written with an exponent.
const LARGEST_PLAIN: f64 = 1e15;

impl Shown {
    /// `value`, which must be finite, in `unit`.
    pub(crate) fn new(value: f64, unit: &str) -> Self {
        let scale = Scale::of(value, unit);
        let text = match (&scale, Quantity::of(unit)) {
            (Some(scale), _) => scale.show(value),
            (None, Quantity::Time(length)) if (value * length).abs() < LARGEST_PLAIN => {
                duration(value * length)
            }
            (None, _) => format!("{}{}", exponent(value), with_space(unit)),
        };
        Self { text, scale }
    }
}

impl Scale {
    /// The scale for values like `value`; `None` if it cannot be shown as one plain number.
    pub(crate) fn of(value: f64, unit: &str) -> Option<Self> {
        let size = value.abs();
        let (divisor, decimals, suffix) = match Quantity::of(unit) {
            Quantity::Bytes(per) => {
                let (multiple, name) = largest_within(&BYTE_MULTIPLES, size);
                let decimals = if multiple > 1.0 { 1..=1 } else { 0..=0 };
                (multiple, decimals, format!("{name}{per}").into())
            }
            Quantity::Time(length) if size * length >= 60.0 => return None,
            Quantity::Time(length) => {
                let (fraction, name) = largest_within(&SECOND_FRACTIONS, size * length);
                (fraction / length, 0..=1, name.into())
            }
            Quantity::Percent => (1.0, 1..=1, " %".into()),
            Quantity::Celsius => (1.0, 1..=1, " °C".into()),
            Quantity::Number(_) if size < SMALLEST_PLAIN && size > 0.0 => return None,
            Quantity::Number(unit) => (1.0, 0..=decimals_of(size), with_space(unit).into()),
        };
        (size / divisor < LARGEST_PLAIN).then_some(Self { divisor, decimals, suffix })
    }

    /// `value` on this scale.
    pub(crate) fn show(&self, value: f64) -> String {
        format!("{}{}", grouped(value / self.divisor, &self.decimals), self.suffix)
    }
}

impl<'a> Quantity<'a> {
    fn of(unit: &'a str) -> Self {
        match unit {
            "bytes" | "byte" | "B" => Self::Bytes(""),
            "bytes/s" | "B/s" | "bytes_per_second" => Self::Bytes("/s"),
            "seconds" | "second" | "s" => Self::Time(1.0),
            "milliseconds" | "ms" => Self::Time(1e-3),
            "microseconds" | "us" | "µs" => Self::Time(1e-6),
            "percent" | "%" => Self::Percent,
            "celsius" | "°C" => Self::Celsius,
            other => Self::Number(other),
        }
    }
}

/// The largest unit not above `size`, else the smallest; zero uses the unit of one.
fn largest_within(units: &[(f64, &'static str)], size: f64) -> (f64, &'static str) {
    let size = if size > 0.0 { size } else { 1.0 };
    units.iter().find(|(unit, _)| size >= *unit).copied().unwrap_or(units[units.len() - 1])
}

/// Enough decimals to tell numbers of this size apart.
fn decimals_of(size: f64) -> usize {
    match size {
        1_000.0.. => 1,
        0.1..1.0 => 4,
        0.0001..0.1 => 6,
        _ => 3,
    }
}

fn exponent(value: f64) -> String {
    let text = format!("{value:.3e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn with_space(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(value: f64, unit: &str) -> String {
        Shown::new(value, unit).text
    }

    #[test]
    fn a_value_is_shown_in_the_unit_that_fits_it() {
        let cases = [
            (0.0, "bytes", "0 B"),
            (512.0, "bytes", "512 B"),
            (1_288_490_188.8, "bytes", "1.2 GiB"),
            (1_048_576.0, "bytes/s", "1.0 MiB/s"),
            (34.46, "percent", "34.5 %"),
            (21.0, "celsius", "21.0 °C"),
            (0.0, "seconds", "0 s"),
            (0.0123, "seconds", "12.3 ms"),
            (3e-7, "seconds", "300 ns"),
            (12.34, "seconds", "12.3 s"),
            (1_047_600.0, "seconds", "12 d 3 h"),
            (45.0, "ms", "45 ms"),
            (90_000.0, "ms", "1 min 30 s"),
            (125_000.0, "stars", "125,000 stars"),
            (1.25, "", "1.25"),
            (-1_234.56, "RUB", "-1,234.6 RUB"),
            (0.001_234_56, "", "0.001235"),
            (1.5e-9, "", "1.5e-9"),
            (2e300, "bytes", "2e300 bytes"),
            (2e300, "seconds", "2e300 seconds"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(shown(value, unit), expected, "{value} {unit}");
        }
    }

    #[test]
    fn a_scale_shows_the_next_value_in_the_same_unit() {
        let scale = Shown::new(1_288_490_188.8, "bytes").scale.unwrap();
        assert_eq!(scale.show(536_870_912.0), "0.5 GiB");
        let scale = Shown::new(1.0, "").scale.unwrap();
        assert_eq!(scale.show(1.25), "1.25");
    }

    proptest! {
        #[test]
        fn any_value_is_short(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO, unit in "bytes|seconds|ms|percent|celsius|stars|") {
            let text = shown(value, &unit);
            prop_assert!(text.chars().count() <= 40, "{}", text);
            prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
        }
    }
}
