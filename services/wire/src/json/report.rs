//! Saved reports, and their answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchkeeper_ports::Table;

/// A saved report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportJson {
    /// Name: lower-case letters, digits and `-`.
    #[schema(example = "errors-by-service")]
    pub name: String,
    /// What people call it.
    #[schema(example = "Errors of yesterday")]
    pub title: String,
    /// Its statement, in the SQL of the store.
    #[schema(example = "SELECT service, count(*) FROM events GROUP BY service")]
    pub sql: String,
    /// Most rows of an answer.
    pub max_rows: u64,
    /// When it is mailed: `daily HH:MM`, `weekly DAY HH:MM` or `monthly N HH:MM`; omitted if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "daily 08:00")]
    pub schedule: Option<String>,
    /// Time zone of the schedule; omitted if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// When it is mailed next; omitted if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub next_at: Option<String>,
    /// Names of the receivers to whom it is mailed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<String>,
}

/// The saved reports, in the order of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportList {
    /// The reports.
    pub reports: Vec<ReportJson>,
}

/// The answer of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportAnswer {
    /// Name of the report.
    #[schema(example = "errors-by-service")]
    pub name: String,
    /// Its title.
    pub title: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, with a cell for each column: a text, or `null` where there is no value.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether there were more rows than the report may have; omitted if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

impl ReportAnswer {
    /// The answer of the report of this name and title.
    pub fn new(name: String, title: String, table: Table) -> Self {
        let Table { columns, rows, is_cut } = table;
        Self { name, title, columns, rows, cut: is_cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_texts_and_null_where_there_is_no_value() {
        let table = Table {
            columns: vec!["service".into(), "errors".into()],
            rows: vec![vec![Some("shop".into()), None]],
            is_cut: false,
        };
        let answer = |is_cut| ReportAnswer::new("a".into(), "A".into(), Table { is_cut, ..table.clone() });
        let whole = r#"{"name":"a","title":"A","columns":["service","errors"],"rows":[["shop",null]]}"#;
        assert_eq!(serde_json::to_string(&answer(false)).unwrap(), whole);
        let cut = serde_json::to_string(&answer(true)).unwrap();
        assert!(cut.ends_with(r#","cut":true}"#), "{cut}");
        assert_eq!(serde_json::from_str::<ReportAnswer>(&cut).unwrap(), answer(true));
    }
}
