//! Durations with a unit.

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::{Designator, Spacing, SpanParser, SpanPrinter};
use std::time::Duration;

static PARSER: SpanParser = SpanParser::new();
static PRINTER: SpanPrinter = SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::None);
const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// Parses a duration such as `15s`, `1h30m`, `7d`. A day has 24 hours; there are no months or years. The error says
/// what to write.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text.trim().parse::<f64>().is_ok() {
        return Err(without_unit(text.trim()));
    }
    let span = PARSER.parse_span(text).map_err(|_| not_a_duration(text))?;
    let days = SpanRelativeTo::days_are_24_hours();
    let signed = span.to_duration(days).map_err(|_| not_a_duration(text))?;
    Duration::try_from(signed).map_err(|_| format!("must not be negative, is {text:?}"))
}

/// The error for a number without a unit.
pub(crate) fn without_unit(number: &str) -> String {
    format!("needs a unit: write \"{number}s\" for seconds, or ms, m, h, d")
}

fn not_a_duration(text: &str) -> String {
    format!("must be a duration such as \"15s\", \"1h30m\" or \"7d\", is {text:?}")
}

/// The format that [`parse`] reads, in whole days if possible: `1h30m`, `7d`.
pub fn show(duration: Duration) -> String {
    let is_whole = duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(SECONDS_OF_A_DAY);
    match duration.as_secs() / SECONDS_OF_A_DAY {
        days @ 1.. if is_whole => format!("{days}d"),
        _ => PRINTER.unsigned_duration_to_string(&duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_with_their_units() {
        let minute = Duration::from_secs(60);
        for (text, expected) in [
            ("15s", Duration::from_secs(15)),
            ("250ms", Duration::from_millis(250)),
            ("1h30m", 90 * minute),
            ("1 hour 30 minutes", 90 * minute),
            ("7d", 7 * 24 * 60 * minute),
            ("2w", 14 * 24 * 60 * minute),
            ("0s", Duration::ZERO),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_and_says_what_to_write() {
        assert_eq!(parse("15").unwrap_err(), "needs a unit: write \"15s\" for seconds, or ms, m, h, d");
        for text in ["", "soon", "1 month", "P1Y", "99999999999999999999h"] {
            assert!(parse(text).unwrap_err().starts_with("must be a duration such as"), "{text}");
        }
        assert!(parse("-3s").unwrap_err().starts_with("must not be negative"));
        assert!(parse("3s ago").unwrap_err().starts_with("must not be negative"));
    }

    #[test]
    fn whole_days_are_shown_as_days() {
        let minute = Duration::from_secs(60);
        for (duration, shown) in [
            (Duration::ZERO, "0s"),
            (90 * minute, "1h30m"),
            (Duration::from_millis(24 * 60 * 60_000 - 1), "23h59m59s999ms"),
            (24 * 60 * minute, "1d"),
            (36 * 60 * minute, "36h"),
            (3_660 * 24 * 60 * minute, "3660d"),
        ] {
            assert_eq!(show(duration), shown);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_back(secs in 0_u64..10_000_000_000, nanos in 0_u32..1_000_000_000) {
            let duration = Duration::new(secs, nanos);
            prop_assert_eq!(parse(&show(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _: Result<Duration, String> = parse(&text);
        }
    }
}
