//! Answers as tables for people.

use super::print_line;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;
use std::io;
use watchkeeper_wire::json::SeriesJson;

/// Prints rows under their headings, as wide as the terminal, or `empty` if there are none.
pub(super) fn print_table<const COLUMNS: usize>(
    headings: [&str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
    empty: &str,
) -> io::Result<()> {
    if rows.is_empty() {
        return print_line(empty);
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(headings).add_rows(rows);
    table.lines().try_for_each(|line| print_line(line.trim_end()))
}

/// Prints values as JSON, one a line.
pub(super) fn print_json(values: &[impl Serialize]) -> anyhow::Result<()> {
    for value in values {
        print_line(&serde_json::to_string(value)?)?;
    }
    Ok(())
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

/// A value with its unit.
pub(super) fn value(value: f64, series: &SeriesJson) -> String {
    if series.unit.is_empty() { value.to_string() } else { format!("{value} {}", series.unit) }
}
