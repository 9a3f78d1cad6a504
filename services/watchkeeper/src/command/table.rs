//! Output as tables or JSON.

use super::print_line;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use terminal_size::{Width, terminal_size_of};
use watchkeeper_domain::text;
use watchkeeper_wire::json::SeriesJson;

/// Prints a table that fits the terminal, or `empty` if there are no rows.
pub(super) fn print_table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
    empty: &str,
) -> io::Result<()> {
    print_fitting(table(headings, rows), empty)
}

/// The same for columns that are known only when they come.
pub(super) fn print_rows(headings: Vec<String>, rows: Vec<Vec<String>>, empty: &str) -> io::Result<()> {
    print_fitting(table(headings, rows), empty)
}

fn print_fitting(mut table: Table, empty: &str) -> io::Result<()> {
    if table.row_count() == 0 {
        return print_line(empty);
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = terminal_width() {
        table.set_width(width);
    }
    table.lines().try_for_each(|line| print_line(line.trim_end()))
}

/// The lines of a table, its headings first, each as wide as it needs to be.
pub(super) fn aligned<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
) -> Vec<String> {
    table(headings, rows).lines().map(|line| line.trim_end().to_owned()).collect()
}

fn table<H: AsRef<str>>(
    headings: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> Table {
    let shown = |cell: &str| text::line(cell).into_owned();
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings.into_iter().map(|heading| shown(heading.as_ref())));
    table.add_rows(rows.into_iter().map(|row| row.into_iter().map(|cell| shown(&cell)).collect::<Vec<_>>()));
    table
}

/// A text as lines of at most `width` columns, each indented by `indent`.
pub(super) fn wrapped(text: &str, indent: u16, width: Option<u16>) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(NOTHING).add_row([text::line(text)]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((indent, 0));
    }
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(2 * indent));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// How many columns the terminal has; `None` if stdout is none.
pub(super) fn terminal_width() -> Option<u16> {
    terminal_size_of(io::stdout()).map(|(Width(width), _)| width)
}

/// Prints values as JSON, one per line.
pub(super) fn print_json(values: &[impl Serialize]) -> anyhow::Result<()> {
    for value in values {
        print_json_text(&serde_json::to_string(value)?)?;
    }
    Ok(())
}

/// Prints one line of JSON. Control characters are written as JSON escapes, so that a terminal does not interpret them;
/// the value is the same.
pub(super) fn print_json_text(json: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{}", escaped(json))
}

/// Escapes every character that is not plain; such characters only occur inside JSON strings.
pub(super) fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if text::is_plain(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// The labels of a series in one column.
pub(super) fn labels(series: &SeriesJson) -> String {
    let labels: Vec<_> = series.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    labels.join(" ")
}

/// A series in one column.
pub(super) fn series(series: &SeriesJson) -> String {
    let labels = labels(series);
    let space = if labels.is_empty() { "" } else { " " };
    format!("{}/{}{space}{labels}", series.source, series.name)
}

/// A value with its unit, as the pages show it; `--json` has it in full.
pub(super) fn value(value: f64, series: &SeriesJson) -> String {
    value_in(value, &series.unit)
}

/// A value in this unit, as the pages show it.
pub(super) fn value_in(value: f64, unit: &str) -> String {
    if value.is_finite() { watchkeeper_console::shown(value, unit) } else { value.to_string() }
}

/// An RFC 3339 time in UTC without fractions of a second; `--json` has them.
pub(super) fn time(text: &str) -> String {
    text.split_once('.').map_or_else(|| text.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn values_and_times_are_short() {
        let series = |unit: &str| {
            let (source, name, labels) = ("host".to_owned(), "x".to_owned(), BTreeMap::new());
            SeriesJson { source, name, unit: unit.to_owned(), labels }
        };
        assert_eq!(value(99.586_584_091_186_52, &series("percent")), "99.6 %");
        assert_eq!(value(77_743_111_168.0, &series("bytes")), "72.4 GiB");
        assert_eq!(time("2026-11-20T10:00:00.123456Z"), "2026-11-20T10:00:00Z");
        assert_eq!(time("2026-11-20T10:00:00Z"), "2026-11-20T10:00:00Z");
    }

    #[test]
    fn json_says_the_same_in_escapes_where_a_terminal_would_obey() {
        let value = "a\u{202e}b\u{7f}c\u{2028}d\u{1b}[0m\u{e0041} \u{e4}\n\"";
        let shown = escaped(&serde_json::to_string(value).unwrap());
        assert!(shown.chars().all(text::is_plain), "{shown}");
        assert!(shown.contains("a\\u202eb\\u007fc\\u2028d") && shown.contains('\u{e4}'), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), value);
    }
}
