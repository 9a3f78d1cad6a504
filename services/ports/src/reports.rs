//! Reports: questions in SQL.

use crate::PortError;
use async_trait::async_trait;
use std::time::Duration;

/// What reports are to operators, in errors.
pub const REPORT: &str = "report";
/// Longest SQL of a report, in bytes.
pub const MAX_REPORT_SQL_BYTES: usize = 16 * 1024;
/// Most rows of an answer.
pub const MAX_REPORT_ROWS: usize = 10_000;
/// Most columns of an answer.
pub const MAX_REPORT_COLUMNS: usize = 100;
/// Most bytes in the cells of an answer. Rows beyond are left out, as those beyond the number of rows are.
pub const MAX_REPORT_BYTES: usize = 2 * 1024 * 1024;

/// Answers questions in SQL about what is stored.
#[async_trait]
pub trait Reports: Send + Sync {
    /// Runs one statement that only reads, over the views `events`, `event_counts` and `sample_values`. Neither it nor any
    /// function in it changes what is stored.
    ///
    /// # Errors
    /// [`PortError::Rejected`] of [`REPORT`] for whatever the statement is to blame for: with the line and the column that
    /// the engine names, or the time that it had. [`PortError::Unavailable`] if the same may succeed later.
    async fn run(&self, query: &ReportQuery) -> Result<Table, PortError>;
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuery {
    /// The statement, in the SQL of the engine.
    pub sql: String,
    /// Most rows to read, up to [`MAX_REPORT_ROWS`].
    pub max_rows: usize,
    /// How long it may take.
    pub within: Duration,
}

impl ReportQuery {
    /// The error of a statement that is to blame for `reason`.
    pub fn refused(reason: impl Into<String>) -> PortError {
        PortError::Rejected { what: REPORT, reason: reason.into() }
    }

    /// The error of a statement that took too long.
    pub fn too_slow(&self) -> PortError {
        Self::refused(format!(
            "took longer than {:?}: choose a shorter range of time, or give it a longer timeout",
            self.within
        ))
    }

    /// Where the byte at `offset` of the statement is, in words: `line 2, column 8`.
    pub fn place(&self, offset: usize) -> String {
        let before = &self.sql.as_bytes()[..offset.min(self.sql.len())];
        let lines = before.split(|&byte| byte == b'\n');
        let (line, last) = lines.enumerate().last().unwrap_or_default();
        let column = String::from_utf8_lossy(last).chars().count();
        format!("line {}, column {}", line + 1, column + 1)
    }
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, with a cell for each column: a text as the engine writes it, or `None` for NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more rows.
    pub is_cut: bool,
}

/// Collects the rows of an answer within its limits. For adapters.
#[derive(Debug)]
pub struct TableBuilder {
    table: Table,
    max_rows: usize,
    bytes_left: usize,
}

impl TableBuilder {
    /// An answer to `query` without rows yet.
    ///
    /// # Errors
    /// [`PortError::Rejected`] when there are more than [`MAX_REPORT_COLUMNS`], or none.
    pub fn new(query: &ReportQuery, columns: Vec<String>) -> Result<Self, PortError> {
        match columns.len() {
            0 => return Err(ReportQuery::refused("has no columns: must be a SELECT")),
            1..=MAX_REPORT_COLUMNS => {}
            found => {
                let reason = format!("has {found} columns, the limit is {MAX_REPORT_COLUMNS}");
                return Err(ReportQuery::refused(reason));
            }
        }
        let max_rows = query.max_rows.min(MAX_REPORT_ROWS);
        Ok(Self { table: Table { columns, ..Table::default() }, max_rows, bytes_left: MAX_REPORT_BYTES })
    }

    /// Adds a row if it is within the limits; else the answer is cut. Returns whether to go on.
    pub fn push(&mut self, row: Vec<Option<String>>) -> bool {
        let bytes: usize = row.iter().flatten().map(String::len).sum();
        match self.bytes_left.checked_sub(bytes) {
            Some(left) if self.table.rows.len() < self.max_rows => {
                self.bytes_left = left;
                self.table.rows.push(row);
            }
            _ => self.table.is_cut = true,
        }
        !self.table.is_cut
    }

    /// The answer.
    pub fn finish(self) -> Table {
        self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(sql: &str, max_rows: usize) -> ReportQuery {
        ReportQuery { sql: sql.to_owned(), max_rows, within: Duration::from_secs(1) }
    }

    fn columns(count: usize) -> Vec<String> {
        (0..count).map(|number| number.to_string()).collect()
    }

    #[test]
    fn a_place_is_a_line_and_a_column_in_characters() {
        let query = query("SELECT\n  'é', x\r\nFROM y", 1);
        let place = |found: &str| query.place(query.sql.find(found).unwrap());
        assert_eq!(place("SELECT"), "line 1, column 1");
        assert_eq!(place("x\r"), "line 2, column 8");
        assert_eq!(place("y"), "line 3, column 6");
        assert_eq!(query.place(9_999), "line 3, column 7");
    }

    #[test]
    fn an_answer_ends_at_its_limits_and_says_so() {
        let mut table = TableBuilder::new(&query("", 2), columns(1)).unwrap();
        let row = |bytes: usize| vec![Some("x".repeat(bytes))];
        assert!(table.push(row(1)) && table.push(vec![None]) && !table.table.is_cut);
        assert!(!table.push(row(1)));
        let table = table.finish();
        assert_eq!((table.rows.len(), table.is_cut), (2, true));

        let mut table = TableBuilder::new(&query("", MAX_REPORT_ROWS + 1), columns(1)).unwrap();
        assert!(table.push(row(MAX_REPORT_BYTES)) && !table.push(row(1)));
        let mut table = TableBuilder::new(&query("", MAX_REPORT_ROWS + 1), columns(1)).unwrap();
        let taken = (0..=MAX_REPORT_ROWS).take_while(|_| table.push(vec![None])).count();
        assert_eq!(taken, MAX_REPORT_ROWS);
    }

    #[test]
    fn an_answer_has_a_column_and_at_most_a_hundred() {
        let built = |count| TableBuilder::new(&query("", 1), columns(count));
        assert!(built(MAX_REPORT_COLUMNS).is_ok());
        let error = built(MAX_REPORT_COLUMNS + 1).unwrap_err().to_string();
        assert!(error.contains("has 101 columns, the limit is 100"), "{error}");
        assert!(built(0).is_err());
    }
}
