//! The complete exposition of an endpoint.

use super::line::{self, Exposed, Format, Line};
use super::unit::unit_of;
use std::collections::HashMap;

/// Most samples per scrape, after excluded ones are dropped. A scrape with more fails.
pub const MAX_SAMPLES: usize = 20_000;

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// The format by the header `content-type`; without it, the older one.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let is_open = content_type.is_some_and(|text| text.trim_start().starts_with(OPEN_METRICS));
        if is_open { Self::OpenMetrics } else { Self::Prometheus }
    }
}

/// The included values, each with its unit.
///
/// # Errors
/// The number of the first invalid line; too many samples; a truncated text.
pub(super) fn read(
    body: &[u8],
    format: Format,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<(Exposed<'_>, &str)>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the text is not UTF-8".to_owned())?;
    let (mut units, mut samples) = (HashMap::new(), Vec::new());
    for (number, line) in (1_usize..).zip(text.lines()) {
        match line::read(line, format).map_err(|reason| format!("line {number}: {reason}"))? {
            Line::Unit { family, unit } => {
                units.insert(family, unit);
            }
            Line::Sample(exposed) if is_wanted(&exposed.name) => {
                if samples.len() == MAX_SAMPLES {
                    return Err(format!("more than {MAX_SAMPLES} samples: exclude some by name"));
                }
                let unit = unit_of(&exposed.name, |family| units.get(family).copied());
                samples.push((exposed, unit));
            }
            Line::End if format == Format::OpenMetrics => return Ok(samples),
            Line::End | Line::Sample(_) | Line::Comment => {}
        }
    }
    match format {
        Format::OpenMetrics => Err("the text ends before # EOF".to_owned()),
        Format::Prometheus => Ok(samples),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(text: &str, format: Format) -> Result<Vec<(Exposed<'_>, &str)>, String> {
        read(text.as_bytes(), format, |_| true)
    }

    #[test]
    fn every_value_is_read_with_its_unit() {
        let text = "# HELP disk_bytes Size.\n# TYPE disk_bytes gauge\ndisk_bytes 5\r\n\nup 1\n";
        let read = read_all(text, Format::Prometheus).unwrap();
        let read: Vec<_> =
            read.iter().map(|(exposed, unit)| (&*exposed.name, exposed.value, *unit)).collect();
        assert_eq!(read, [("disk_bytes", 5.0, "bytes"), ("up", 1.0, "")]);
    }

    #[test]
    fn the_content_type_says_the_format() {
        assert_eq!(Format::of(None), Format::Prometheus);
        assert_eq!(Format::of(Some("text/plain; version=0.0.4; charset=utf-8")), Format::Prometheus);
        assert_eq!(Format::of(Some("application/openmetrics-text; version=1.0.0")), Format::OpenMetrics);
    }

    #[test]
    fn open_metrics_that_break_off_are_refused_and_units_are_known() {
        let whole = "# UNIT way_parsecs parsecs\nway_parsecs 2\n# EOF\n";
        assert_eq!(read_all(whole, Format::OpenMetrics).unwrap()[0].1, "parsecs");
        let error = read_all("way_parsecs 2\n", Format::OpenMetrics).unwrap_err();
        assert_eq!(error, "the text ends before # EOF");
    }

    #[test]
    fn a_broken_line_is_named_by_its_number() {
        assert_eq!(
            read_all("a 1\n\nb\n", Format::Prometheus).unwrap_err(),
            "line 3: the value is not a number"
        );
        assert_eq!(read(&[0xff], Format::Prometheus, |_| true).unwrap_err(), "the text is not UTF-8");
    }

    #[test]
    fn only_what_is_wanted_counts_towards_the_bound() {
        let text = |count: usize| "a 1\n".repeat(count) + "b 1\n";
        let wanted = |count| {
            read(text(count).as_bytes(), Format::Prometheus, |name| name == "a").map(|read| read.len())
        };
        assert_eq!(wanted(MAX_SAMPLES), Ok(MAX_SAMPLES));
        let error = wanted(MAX_SAMPLES + 1).unwrap_err();
        assert_eq!(error, "more than 20000 samples: exclude some by name");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text in "([a-z#{}\"=0-9 ]*\n)*") {
            for format in [Format::Prometheus, Format::OpenMetrics] {
                let _ = read(&bytes, format, |_| true);
                let _ = read_all(&text, format);
            }
        }
    }
}
