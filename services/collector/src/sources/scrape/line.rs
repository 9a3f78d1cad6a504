//! One line of an exposition, in the format of Prometheus (0.0.4) or of `OpenMetrics`.

use super::cursor::Cursor;
use std::borrow::Cow;
use watchkeeper_domain::{Label, Timestamp};

/// The format of timestamps and of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Milliseconds; ends anywhere.
    Prometheus,
    /// Seconds; ends in `# EOF`.
    OpenMetrics,
}

/// A parsed line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line<'t> {
    /// A value.
    Sample(Exposed<'t>),
    /// The unit of a family of metrics.
    Unit { family: &'t str, unit: &'t str },
    /// The end of the text.
    End,
    /// A comment or a blank line.
    Comment,
}

/// An exposed value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exposed<'t> {
    pub(super) name: Cow<'t, str>,
    pub(super) labels: Vec<Label<'t>>,
    /// May be NaN or infinite.
    pub(super) value: f64,
    /// Its timestamp; `None` for now.
    pub(super) at: Option<Timestamp>,
}

impl Exposed<'_> {
    /// The same, apart from the line.
    pub(super) fn into_owned(self) -> Exposed<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Exposed {
            name: owned(self.name),
            labels: self.labels.into_iter().map(|(name, value)| (owned(name), owned(value))).collect(),
            value: self.value,
            at: self.at,
        }
    }
}

/// Parses a line, or returns why it is invalid.
pub(super) fn read(line: &str, format: Format) -> Result<Line<'_>, &'static str> {
    let mut cursor = Cursor::new(line);
    cursor.blanks();
    if cursor.is_at_end() {
        return Ok(Line::Comment);
    }
    if cursor.eat('#') {
        cursor.blanks();
        return Ok(match (cursor.word(), cursor.word(), cursor.word()) {
            ("EOF", "", "") => Line::End,
            ("UNIT", family, unit) => Line::Unit { family, unit },
            _ => Line::Comment,
        });
    }
    sample(cursor, format).map(Line::Sample)
}

fn sample(mut cursor: Cursor<'_>, format: Format) -> Result<Exposed<'_>, &'static str> {
    let bare = cursor.take_while(is_in_name);
    cursor.blanks();
    let mut name = (!bare.is_empty()).then_some(Cow::Borrowed(bare));
    let labels = if cursor.eat('{') { labels(&mut cursor, &mut name)? } else { Vec::new() };
    cursor.blanks();
    let name = name.ok_or("expected the name of a metric")?;
    let value = cursor.word().parse().map_err(|_| "the value is not a number")?;
    let at = match cursor.word() {
        "" | "#" => return Ok(Exposed { name, labels, value, at: None }),
        text => Some(instant(text, format).ok_or("the timestamp is not valid")?),
    };
    // `#` starts an exemplar, which only OpenMetrics has.
    if cursor.is_at_end() || cursor.eat('#') {
        return Ok(Exposed { name, labels, value, at });
    }
    Err("unexpected text after the timestamp")
}

/// The labels up to `}`. A quoted string without `=` after it is the name of the metric.
fn labels<'t>(
    cursor: &mut Cursor<'t>,
    metric: &mut Option<Cow<'t, str>>,
) -> Result<Vec<Label<'t>>, &'static str> {
    let mut labels = Vec::new();
    loop {
        cursor.blanks();
        if cursor.eat('}') {
            return Ok(labels);
        }
        let bare = cursor.take_while(is_in_name);
        let name = if bare.is_empty() {
            cursor.quoted().ok_or("expected the name of a label")?
        } else {
            Cow::Borrowed(bare)
        };
        cursor.blanks();
        if cursor.eat('=') {
            cursor.blanks();
            labels.push((name, cursor.quoted().ok_or("the value of a label is not in quotes")?));
        } else if metric.is_none() && bare.is_empty() {
            *metric = Some(name);
        } else {
            return Err("expected = after the name of a label");
        }
        cursor.blanks();
        if !cursor.eat(',') {
            return if cursor.eat('}') { Ok(labels) } else { Err("expected , or } after a label") };
        }
    }
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | ':')
}

fn instant(text: &str, format: Format) -> Option<Timestamp> {
    match format {
        Format::Prometheus => Timestamp::from_micros(text.parse::<i64>().ok()?.checked_mul(1_000)?),
        Format::OpenMetrics => {
            let seconds: f64 = text.parse().ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "what does not fit is outside the bounds")]
            Timestamp::from_micros((seconds * 1e6).round() as i64).filter(|_| seconds.is_finite())
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "a number is read as it was written, to the last bit")]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn exposed(line: &str) -> Exposed<'_> {
        match read(line, Format::Prometheus).unwrap() {
            Line::Sample(exposed) => exposed,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_value_has_a_name_and_may_have_labels_and_a_time() {
        assert_eq!(
            exposed(r#"http_requests_total{method="post",code="200"} 1027 1795170000123"#),
            Exposed {
                name: "http_requests_total".into(),
                labels: vec![("method".into(), "post".into()), ("code".into(), "200".into())],
                value: 1027.0,
                at: Some("2026-11-20T10:20:00.123Z".parse().unwrap()),
            }
        );
        assert_eq!(exposed("go:up 1").name, "go:up");
        assert_eq!(exposed("\t spaced { a = \"1\" , }\t 1.5e3 ").value, 1500.0);
        assert_eq!(exposed("x{} +Inf").value, f64::INFINITY);
        assert!(exposed("x NaN").value.is_nan());
    }

    #[test]
    fn names_may_be_quoted() {
        let dotted = exposed(r#"{"http.requests", "server.name"="a"} 3"#);
        assert_eq!((&*dotted.name, &*dotted.labels[0].0), ("http.requests", "server.name"));
    }

    #[test]
    fn open_metrics_has_seconds_exemplars_units_and_an_end() {
        let open = |line| read(line, Format::OpenMetrics).unwrap();
        let Line::Sample(bucket) = open(r#"x_bucket{le="0.1"} 8 1795170000.5 # {trace_id="a"} 0.07 1"#)
        else {
            unreachable!("a value")
        };
        assert_eq!(bucket.at, Some("2026-11-20T10:20:00.500Z".parse().unwrap()));
        assert!(matches!(open("x_total 17 # {} 0.5"), Line::Sample(Exposed { at: None, .. })));
        assert_eq!(open("# UNIT x_parsecs parsecs"), Line::Unit { family: "x_parsecs", unit: "parsecs" });
        assert_eq!(open("# EOF"), Line::End);
    }

    #[test]
    fn what_is_for_people_is_passed_over() {
        for line in ["", "  \t", "#", "# HELP x EOF", "# TYPE x counter", "#no blank"] {
            assert_eq!(read(line, Format::Prometheus), Ok(Line::Comment), "{line}");
        }
    }

    #[test]
    fn a_line_that_says_nothing_is_refused_with_the_reason() {
        let cases = [
            ("<html>", "expected the name of a metric"),
            (r#"{a="1"} 1"#, "expected the name of a metric"),
            ("x", "the value is not a number"),
            ("x one", "the value is not a number"),
            ("x 1 soon", "the timestamp is not valid"),
            ("x 1 -1", "the timestamp is not valid"),
            ("x 1 9223372036854775807", "the timestamp is not valid"),
            ("x 1 2 3", "unexpected text after the timestamp"),
            ("x{", "expected the name of a label"),
            ("x{a}", "expected = after the name of a label"),
            (r#"x{"y"} 1"#, "expected = after the name of a label"),
            ("x{a=1} 1", "the value of a label is not in quotes"),
            (r#"x{a="1} 1"#, "the value of a label is not in quotes"),
            (r#"x{a="1" b="2"} 1"#, "expected , or } after a label"),
        ];
        for (line, reason) in cases {
            assert_eq!(read(line, Format::Prometheus), Err(reason), "{line}");
        }
        for line in ["x 1 1e300", "x 1 NaN", "x 1 -0.5"] {
            assert_eq!(read(line, Format::OpenMetrics), Err("the timestamp is not valid"), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "\\PC*|[a-z{}\"=,#\\\\ 0-9.]*", open: bool) {
            let format = if open { Format::OpenMetrics } else { Format::Prometheus };
            let _ = read(&line, format);
        }

        #[test]
        fn what_is_written_is_read_again(
            name in "[a-zA-Z_:][a-zA-Z0-9_:]{0,8}",
            labels in vec(("[a-zA-Z_][a-zA-Z0-9_]{0,4}", "\\PC{0,8}"), 0..4),
            value: f64,
            millis in proptest::option::of(0_i64..10_000_000_000_000),
        ) {
            let escape = |text: &str| text.replace('\\', r"\\").replace('"', r#"\""#);
            let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
            let time = millis.map_or(String::new(), |millis| format!(" {millis}"));
            let line = format!("{name}{{{}}} {value}{time}", pairs.join(","));
            let read = exposed(&line);
            prop_assert_eq!(&read.name, &name);
            prop_assert_eq!(read.labels, labels.into_iter().map(|(n, v)| (n.into(), v.into())).collect::<Vec<_>>());
            prop_assert!(read.value == value || value.is_nan());
            prop_assert_eq!(read.at, millis.and_then(|millis| Timestamp::from_micros(millis * 1_000)));
        }
    }
}
