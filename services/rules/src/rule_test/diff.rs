//! Differences between expected and actual results.

use super::Expected;
use std::fmt::Write as _;
use std::time::Duration;
use watchkeeper_config::show_duration;
use watchkeeper_domain::Series;

/// Most lines shown per test.
const MAX_LINES: usize = 200;

/// What the rule did at one instant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) at: Duration,
    /// Of the sample, if there was one.
    pub(super) value: Option<f64>,
    pub(super) is: Expected,
    pub(super) why: String,
    /// The expectation, if the test has one.
    pub(super) expected: Option<Expected>,
}

impl Row {
    pub(super) fn is_wrong(&self) -> bool {
        self.expected.is_some_and(|expected| expected != self.is)
    }

    /// Whether it repeats `before`.
    fn continues(&self, before: &Self) -> bool {
        self.expected.is_none() && self.is == before.is && self.value.is_some() == before.value.is_some()
    }
}

/// The rows as a table; an actual state is marked `+` where a different one, marked `-`, was expected. Repeated rows
/// are counted instead.
pub(super) fn show(series: &Series, notes: &[String], rows: &[Row]) -> String {
    let mut table = vec![["time", "value", "is", "why"].map(str::to_owned).to_vec()];
    table[0].insert(0, String::new());
    let mut left_out = 0;
    for (index, row) in rows.iter().enumerate() {
        let continues = index > 0 && row.continues(&rows[index - 1]);
        if continues && rows.get(index + 1).is_some_and(|next| next.continues(row)) {
            left_out += 1;
            continue;
        }
        if left_out > 0 {
            table.push(vec![String::new(), format!("… {left_out} more")]);
            left_out = 0;
        }
        push(&mut table, row);
    }
    let mut text = format!("    {series}\n");
    for note in notes {
        let _ = writeln!(text, "    {note}");
    }
    let widths: Vec<usize> = (0..4).map(|column| width(&table, column)).collect();
    for line in table.iter().take(MAX_LINES) {
        let cells = line.iter().enumerate().map(|(column, cell)| {
            let width = widths.get(column).copied().unwrap_or_default();
            format!("{cell:width$}")
        });
        let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join(" ").trim_end());
    }
    if table.len() > MAX_LINES {
        let _ = writeln!(text, "    … {} more lines", table.len() - MAX_LINES);
    }
    text
}

fn push(table: &mut Vec<Vec<String>>, row: &Row) {
    let at = show_duration(row.at);
    let value = row.value.map(|value| value.to_string()).unwrap_or_default();
    let expected = row.expected.map(Expected::name);
    let (mark, why) = match expected {
        Some(expected) if row.is_wrong() => {
            table.push(["-", &at, "", expected, "was expected"].map(str::to_owned).to_vec());
            ("+", row.why.clone())
        }
        Some(_) => (" ", format!("{} (as expected)", row.why)),
        None => (" ", row.why.clone()),
    };
    table.push([mark, &at, &value, row.is.name(), &why].map(str::to_owned).to_vec());
}

fn width(table: &[Vec<String>], column: usize) -> usize {
    let full = table.iter().filter(|line| line.len() > 2);
    full.map(|line| line[column].chars().count()).max().unwrap_or_default()
}
