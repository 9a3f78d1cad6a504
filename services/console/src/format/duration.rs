//! Spans of time.

use super::number::grouped;

/// The units of a span from a minute on, in seconds, the longest first.
const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s")];

/// A span of a minute or more, in its two largest units: `12 d 3 h`. What is left over is cut off, and
/// a shorter span is shown in whole seconds.
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = seconds.abs().floor();
    let largest = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let (unit, name) = UNITS[largest];
    let whole = grouped((seconds / unit).floor(), &(0..=0));
    let rest = UNITS.get(largest + 1).map(|(smaller, name)| (((seconds % unit) / smaller).floor(), name));
    match rest {
        Some((rest, smaller)) if rest > 0.0 => format!("{sign}{whole} {name} {rest:.0} {smaller}"),
        _ => format!("{sign}{whole} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_its_two_largest_units() {
        let shown = [0.0, 59.9, 60.0, 200.0, 3_600.0, 7_525.0, 86_400.0, 1_047_600.0, 1e9].map(duration);
        let expected =
            ["0 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "1 d", "12 d 3 h", "11,574 d 1 h"];
        assert_eq!(shown, expected);
        assert_eq!(duration(-200.0), "-3 min 20 s");
    }
}
