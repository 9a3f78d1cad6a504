//! The complete exposition of an endpoint.

use super::line::{self, Exposed, Format, Line};
use super::unit::unit_of;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// Most samples per scrape, after excluded ones are dropped. A scrape with more fails.
pub const MAX_SAMPLES: usize = 20_000;
/// Most bytes of a scrape, including what is excluded. It is read as it comes, and only included samples are kept.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;
/// Longest line, in bytes. A longer one is skipped.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

const OPEN_METRICS: &str = "application/openmetrics-text";

impl Format {
    /// The format by the header `content-type`; without it, the older one.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let is_open = content_type.is_some_and(|text| {
            let media_type = text.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case(OPEN_METRICS)
        });
        if is_open { Self::OpenMetrics } else { Self::Prometheus }
    }
}

/// What an endpoint exposes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Exposition {
    /// The included values, each with its unit.
    pub(super) samples: Vec<(Exposed<'static>, Cow<'static, str>)>,
    /// Lines that are not valid, or longer than [`MAX_LINE_BYTES`].
    pub(super) invalid_lines: u64,
}

/// Reads a text line by line, and keeps only what `is_wanted` includes. A line that is not valid costs only itself, unless
/// there is no valid one.
///
/// # Errors
/// [`ErrorKind::InvalidData`]: the number of the first invalid line if there is no value; too many samples; a truncated
/// text. Else those of `body`.
pub(super) fn read(
    body: impl Read,
    format: Format,
    is_wanted: impl Fn(&str) -> bool,
) -> io::Result<Exposition> {
    let mut reading = Reading { format, is_wanted, exposition: Exposition::default(), units: HashMap::new() };
    let (mut body, mut line, mut first_invalid) = (BufReader::new(body), Vec::new(), None);
    let (mut has_value, mut has_end) = (false, false);
    for number in 1_usize.. {
        line.clear();
        let Some(is_whole) = next_line(&mut body, &mut line)? else { break };
        let read = if is_whole { reading.line(&line)? } else { Err("it is too long") };
        match read {
            Ok(Seen::End) => {
                has_end = true;
                break;
            }
            Ok(Seen::Value) => has_value = true,
            Ok(Seen::Other) => {}
            Err(reason) => {
                reading.exposition.invalid_lines += 1;
                first_invalid.get_or_insert_with(|| format!("line {number}: {reason}"));
            }
        }
    }
    match first_invalid {
        Some(reason) if !has_value => Err(invalid(reason)),
        _ if format == Format::OpenMetrics && !has_end => Err(invalid("the text ends before # EOF")),
        _ => Ok(reading.exposition),
    }
}

/// The next line without its end; whether it is whole, or longer than the limit. `None` at the end of the text.
fn next_line(body: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let limit = MAX_LINE_BYTES as u64 + 1;
    if body.take(limit).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    let is_whole = line.last() == Some(&b'\n') || line.len() <= MAX_LINE_BYTES;
    if !is_whole {
        body.skip_until(b'\n')?;
    }
    Ok(Some(is_whole))
}

struct Reading<F> {
    format: Format,
    is_wanted: F,
    exposition: Exposition,
    units: HashMap<String, String>,
}

/// What a valid line was.
enum Seen {
    Value,
    End,
    Other,
}

impl<F: Fn(&str) -> bool> Reading<F> {
    /// The inner error is the line's alone.
    fn line(&mut self, line: &[u8]) -> io::Result<Result<Seen, &'static str>> {
        let Ok(line) = str::from_utf8(line) else { return Ok(Err("it is not UTF-8")) };
        Ok(match line::read(line.trim_end_matches(['\r', '\n']), self.format) {
            Err(reason) => Err(reason),
            Ok(Line::Unit { family, unit }) => {
                if self.units.len() < MAX_SAMPLES {
                    self.units.insert(family.to_owned(), unit.to_owned());
                }
                Ok(Seen::Other)
            }
            Ok(Line::Sample(exposed)) => {
                if (self.is_wanted)(&exposed.name) {
                    self.keep(exposed)?;
                }
                Ok(Seen::Value)
            }
            Ok(Line::End) if self.format == Format::OpenMetrics => Ok(Seen::End),
            Ok(Line::End | Line::Comment) => Ok(Seen::Other),
        })
    }

    fn keep(&mut self, exposed: Exposed<'_>) -> io::Result<()> {
        if self.exposition.samples.len() == MAX_SAMPLES {
            return Err(invalid(format!("more than {MAX_SAMPLES} samples: exclude some by name")));
        }
        let unit = unit_of(&exposed.name, |family| self.units.get(family).map(String::as_str));
        let unit = Cow::Owned(unit.to_owned());
        self.exposition.samples.push((exposed.into_owned(), unit));
        Ok(())
    }
}

fn invalid(reason: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(text: &str, format: Format) -> Result<Exposition, String> {
        read(text.as_bytes(), format, |_| true).map_err(|error| error.to_string())
    }

    #[test]
    fn every_value_is_read_with_its_unit() {
        let text = "# HELP disk_bytes Size.\n# TYPE disk_bytes gauge\ndisk_bytes 5\r\n\nup 1\n";
        let read = read_all(text, Format::Prometheus).unwrap();
        let read: Vec<_> =
            read.samples.iter().map(|(exposed, unit)| (&*exposed.name, exposed.value, &**unit)).collect();
        assert_eq!(read, [("disk_bytes", 5.0, "bytes"), ("up", 1.0, "")]);
    }

    #[test]
    fn the_content_type_says_the_format() {
        assert_eq!(Format::of(None), Format::Prometheus);
        assert_eq!(Format::of(Some("text/plain; version=0.0.4; charset=utf-8")), Format::Prometheus);
        for open in
            ["application/openmetrics-text; version=1.0.0", " Application/OpenMetrics-Text ;version=1.0.0"]
        {
            assert_eq!(Format::of(Some(open)), Format::OpenMetrics, "{open}");
        }
    }

    #[test]
    fn open_metrics_that_break_off_are_refused_and_units_are_known() {
        let whole = "# UNIT way_parsecs parsecs\nway_parsecs 2\n# EOF\n";
        assert_eq!(read_all(whole, Format::OpenMetrics).unwrap().samples[0].1, "parsecs");
        let error = read_all("way_parsecs 2\n", Format::OpenMetrics).unwrap_err();
        assert_eq!(error, "the text ends before # EOF");
    }

    #[test]
    fn a_line_that_is_not_valid_costs_only_itself() {
        let long = format!("long{{l=\"{}\"}} 1", "x".repeat(MAX_LINE_BYTES));
        for bad in ["x 1 -3982045", "no value", "x{a=1} 1", &long] {
            let read = read_all(&format!("a 1\n{bad}\nb 2\n"), Format::Prometheus).unwrap();
            let names: Vec<_> = read.samples.iter().map(|(exposed, _)| &*exposed.name).collect();
            assert_eq!((names, read.invalid_lines), (vec!["a", "b"], 1), "{bad:.20}");
        }
        let read = read(&b"a 1\n\xff 1\nb 2"[..], Format::Prometheus, |_| true).unwrap();
        assert_eq!((read.samples.len(), read.invalid_lines), (2, 1));
    }

    #[test]
    fn a_text_without_any_value_names_its_first_invalid_line() {
        let error = read_all("# HELP\n<html>\n<body>\n", Format::Prometheus).unwrap_err();
        assert_eq!(error, "line 2: expected the name of a metric");
        assert_eq!(read_all("", Format::Prometheus), Ok(Exposition::default()));
    }

    #[test]
    fn only_what_is_wanted_counts_towards_the_bound() {
        let text = |count: usize| "a 1\n".repeat(count) + "b 1\n";
        let wanted = |count| {
            let read = read(text(count).as_bytes(), Format::Prometheus, |name| name == "a");
            read.map(|read| read.samples.len()).map_err(|error| error.to_string())
        };
        assert_eq!(wanted(MAX_SAMPLES), Ok(MAX_SAMPLES));
        let error = wanted(MAX_SAMPLES + 1).unwrap_err();
        assert_eq!(error, "more than 20000 samples: exclude some by name");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text in "([a-z#{}\"=0-9 ]*\n)*") {
            for format in [Format::Prometheus, Format::OpenMetrics] {
                let _ = read(&bytes[..], format, |_| true);
                let _ = read_all(&text, format);
            }
        }
    }
}
