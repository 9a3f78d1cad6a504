//! Points as CSV (RFC 4180).

use crate::gather::{Line, LineName};
use std::fmt::Write as _;
use watchkeeper_domain::{Point, Series};

/// The rows of one series: time, series, unit, value.
pub(crate) fn csv_of_series(series: &Series, unit: &str, points: &[Point]) -> String {
    rows(series.key(), unit, points)
}

/// The rows of one line of a chart.
pub(crate) fn csv_of_line(line: &Line) -> String {
    match &line.name {
        LineName::One(series) => csv_of_series(series, &line.unit, &line.points),
        LineName::Group { values, .. } => {
            let labels: Vec<String> =
                values.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            rows(&format!("{{{}}}", labels.join(",")), &line.unit, &line.points)
        }
    }
}

fn rows(name: &str, unit: &str, points: &[Point]) -> String {
    let (name, unit) = (quoted(name), quoted(unit));
    let mut rows = String::new();
    for Point { at, value } in points {
        write!(rows, "{at},{name},{unit},{value}\r\n").expect("memory takes every write");
    }
    rows
}

/// A field that may contain anything.
fn quoted(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_domain::Timestamp;

    #[test]
    fn a_row_has_its_fields_quoted() {
        let series: Series = r#"host/cpu{cpu="0"} percent"#.parse().unwrap();
        let points = [Point { at: Timestamp::MIN, value: 12.5 }];
        assert_eq!(
            csv_of_series(&series, "percent", &points),
            "1970-01-01T00:00:00Z,\"host/cpu{cpu=\"\"0\"\"} percent\",\"percent\",12.5\r\n"
        );
        let name = LineName::Group { values: vec![("host".to_owned(), "a".to_owned())], series: 2 };
        let line = Line { name, unit: String::new(), points: points.to_vec(), earlier: Vec::new() };
        assert_eq!(csv_of_line(&line), "1970-01-01T00:00:00Z,\"{host=\"\"a\"\"}\",\"\",12.5\r\n");
    }
}
