//! What every [`Reports`] promises.
//!
//! The statements are in the SQL that all engines have in common.

use crate::samples::{after, noted, series};
use crate::{Fixture, soon, suite};
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, EventId, Level};
use watchkeeper_ports::{
    Append, EventStore, MAX_REPORT_BYTES, PortError, Processed, REPORT, ReportQuery, Reports, SampleStore,
    Table,
};

suite!(($) reports_contract, reports, [
    an_event_is_a_row_of_the_view_of_events,
    counts_of_events_are_rows_of_a_view,
    a_sample_is_a_row_of_the_view_of_samples,
    no_value_is_not_an_empty_text,
    an_answer_without_rows_has_its_columns,
    rows_beyond_the_limit_are_left_out_and_the_answer_says_so,
    an_answer_has_at_most_so_many_bytes,
    a_question_that_has_a_semicolon_and_comments_is_answered,
    nothing_can_be_changed,
    a_second_statement_is_refused,
    a_parameter_that_nobody_gives_is_refused,
    a_statement_with_any_character_stops_nobody,
    an_error_names_the_line_and_what_is_wrong,
    a_division_by_a_text_is_no_outage,
    a_question_that_takes_too_long_is_ended,
    questions_at_the_same_time_are_all_answered,
]);

/// Reports, and the stores that they are about.
pub struct Reported {
    pub reports: Arc<dyn Reports>,
    pub events: Arc<dyn EventStore>,
    pub samples: Arc<dyn SampleStore>,
}

impl Reported {
    async fn store(&self, events: Vec<Event>) {
        let items = events.into_iter().map(Processed::stored).collect();
        self.events.append(Arc::new(Append::of(items))).await.unwrap();
    }

    async fn ask(&self, sql: &str) -> Result<Table, PortError> {
        self.ask_for(100, sql).await
    }

    async fn ask_for(&self, max_rows: usize, sql: &str) -> Result<Table, PortError> {
        let query = ReportQuery { sql: sql.to_owned(), max_rows, within: Duration::from_secs(20) };
        soon(self.reports.run(&query)).await
    }

    /// The only row of an answer; `-` where there is no value.
    async fn row(&self, sql: &str) -> Vec<String> {
        let mut table = self.ask(sql).await.unwrap();
        assert_eq!(table.rows.len(), 1, "{sql}");
        table.rows.remove(0).into_iter().map(|cell| cell.unwrap_or_else(|| "-".to_owned())).collect()
    }

    async fn refusal(&self, sql: &str) -> String {
        match self.ask(sql).await {
            Err(PortError::Rejected { what: REPORT, reason }) => reason,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

fn event(number: u64, message: &str) -> Event {
    let mut fields = Fields::new();
    fields.insert("path".to_owned(), "/cart".into());
    Event {
        id: EventId::given(&number.to_string()),
        occurred_at: after(number),
        level: Level::Error,
        service: "shop".into(),
        host: "web-1".into(),
        message: message.to_owned(),
        fields,
    }
}

async fn with_events<F: Fixture<Reported>>(fixture: &F, count: u64) -> Arc<Reported> {
    let reported = fixture.open().await;
    reported.store((0..count).map(|number| event(number, "lost")).collect()).await;
    reported
}

pub async fn an_event_is_a_row_of_the_view_of_events<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    let event = event(7, "lost\nthe 'cart'");
    reported.store(vec![event.clone()]).await;
    let row = reported
        .row("SELECT level, severity, service, host, message, id, fields->>'path' FROM events WHERE severity >= 6")
        .await;
    let id = event.id.to_string();
    assert_eq!(row, ["error", "6", "shop", "web-1", "lost\nthe 'cart'", &id, "/cart"]);
    let row = reported.row("SELECT time, fields FROM events").await;
    let time = row[0].replace('T', " ");
    assert!(time.starts_with("2026-11-20 10:00:07"), "{time}");
    assert_eq!(serde_json::from_str::<Fields>(&row[1]).unwrap(), event.fields);
}

pub async fn counts_of_events_are_rows_of_a_view<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 3).await;
    let row = reported
        .row("SELECT name, service, level, severity, labels, events FROM event_counts WHERE name = 'events'")
        .await;
    assert_eq!(row, ["events", "shop", "error", "6", "{}", "3"]);
    let time = reported.row("SELECT time FROM event_counts WHERE name = 'events'").await[0].replace('T', " ");
    assert!(time.starts_with("2026-11-20 10:00:00"), "{time}");
}

pub async fn a_sample_is_a_row_of_the_view_of_samples<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    let sample = noted(&series("load", &[("cpu", "0")]), 1, 2.5, "busy");
    reported.samples.append(Arc::new(Append::of(vec![sample]))).await.unwrap();
    let row = reported.row("SELECT source, name, unit, labels->>'cpu', value, note FROM sample_values").await;
    assert_eq!(row, ["test", "load", "", "0", "2.5", "busy"]);
    let time = reported.row("SELECT time FROM sample_values").await[0].replace('T', " ");
    assert!(time.starts_with("2026-11-20 10:00:01"), "{time}");
}

pub async fn no_value_is_not_an_empty_text<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    let table = reported.ask("SELECT NULL AS absent, '' AS empty, 7 AS number").await.unwrap();
    let expected = Table {
        columns: ["absent", "empty", "number"].map(str::to_owned).to_vec(),
        rows: vec![vec![None, Some(String::new()), Some("7".to_owned())]],
        is_cut: false,
    };
    assert_eq!(table, expected);
}

pub async fn an_answer_without_rows_has_its_columns<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    let table =
        reported.ask("SELECT service, count(*) AS events FROM events GROUP BY service").await.unwrap();
    assert_eq!(table.columns, ["service", "events"]);
    assert!(table.rows.is_empty() && !table.is_cut);
}

pub async fn rows_beyond_the_limit_are_left_out_and_the_answer_says_so<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    // More than are fetched at once.
    let reported = with_events(&fixture, 1_300).await;
    for (limit, is_cut) in [(1_299, true), (1_300, false), (1_301, false), (1, true)] {
        let table = reported.ask_for(limit, "SELECT message FROM events").await.unwrap();
        assert_eq!((table.rows.len(), table.is_cut), (limit.min(1_300), is_cut));
    }
}

pub async fn an_answer_has_at_most_so_many_bytes<F: Fixture<Reported>>() {
    const LONG: usize = 60_000;
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 100).await;
    reported.store(vec![Event { service: "long".into(), ..event(200, &"x".repeat(LONG)) }]).await;
    let sql = "SELECT a.message FROM events a CROSS JOIN events b WHERE a.service = 'long'";
    let table = reported.ask(sql).await.unwrap();
    assert_eq!((table.rows.len(), table.is_cut), (MAX_REPORT_BYTES / LONG, true));
}

pub async fn a_question_that_has_a_semicolon_and_comments_is_answered<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    for sql in ["SELECT 1;", "-- what\nSELECT 1 -- one; two", "/* a; b */ SELECT 1 ; ", "SELECT ';' AS a, 1"]
    {
        let table = reported.ask(sql).await.unwrap();
        assert_eq!(table.rows.len(), 1, "{sql}");
    }
}

pub async fn nothing_can_be_changed<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 2).await;
    for sql in [
        "DELETE FROM events",
        "DELETE FROM event_rows",
        "DELETE FROM samples",
        "INSERT INTO events (message) VALUES ('x')",
        "UPDATE event_counts SET events = 0",
        "CREATE TABLE mine (x integer)",
        "CREATE TEMPORARY TABLE mine (x integer)",
        "DROP VIEW events",
        "DROP TABLE samples",
        "WITH gone AS (DELETE FROM events RETURNING message) SELECT * FROM gone",
        "COMMIT",
        "BEGIN",
        "VACUUM",
        "PRAGMA query_only = OFF",
        "ATTACH 'other.db' AS other",
        "SET ROLE NONE",
        "COPY events TO '/tmp/events'",
        "SELECT load_extension('x')",
        "SELECT setval('mine', 1)",
        "",
        "-- nothing",
    ] {
        reported.refusal(sql).await;
    }
    assert_eq!(reported.row("SELECT count(*) FROM events").await, ["2"]);
}

pub async fn a_second_statement_is_refused<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 2).await;
    for sql in ["SELECT 1; SELECT 2", "SELECT 1; DELETE FROM events", "SELECT 1;; COMMIT; DELETE FROM events"]
    {
        reported.refusal(sql).await;
    }
    assert_eq!(reported.row("SELECT count(*) FROM events").await, ["2"]);
}

pub async fn a_parameter_that_nobody_gives_is_refused<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    for sql in ["SELECT $1", "SELECT message FROM events WHERE message = $1"] {
        reported.refusal(sql).await;
    }
}

pub async fn a_statement_with_any_character_stops_nobody<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 1).await;
    for sql in [
        "SELECT 1\0",
        "SELECT '\0'",
        "SELECT\u{a0}1",
        "SELECT '\u{202e}𝄞'",
        "\u{feff}SELECT 1",
        "'",
        "\"",
        "/*",
    ] {
        let outcome = reported.ask(sql).await;
        assert!(
            matches!(outcome, Ok(_) | Err(PortError::Rejected { what: REPORT, .. })),
            "{sql:?}: {outcome:?}"
        );
    }
    assert_eq!(reported.row("SELECT count(*) FROM events").await, ["1"]);
}

pub async fn an_error_names_the_line_and_what_is_wrong<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = fixture.open().await;
    let unknown = reported.refusal("SELECT time,\n       messages\nFROM events").await;
    assert!(unknown.contains("line 2, column 8") && unknown.contains("messages"), "{unknown}");
    let syntax = reported.refusal("SELECT 'é',\n time FROM\nWHERE 1 = 1").await;
    assert!(syntax.contains("line 3, column 1"), "{syntax}");
    let table = reported.refusal("SELECT * FROM elsewhere").await;
    assert!(table.contains("elsewhere"), "{table}");
}

pub async fn a_division_by_a_text_is_no_outage<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 1).await;
    // Engines differ in whether they answer; none may take the statement's fault for one of its own.
    for sql in ["SELECT 1 / 0", "SELECT abs(-9223372036854775807 - 1)", "SELECT message->>'a' FROM events"] {
        let outcome = reported.ask(sql).await;
        assert!(
            matches!(outcome, Ok(_) | Err(PortError::Rejected { what: REPORT, .. })),
            "{sql}: {outcome:?}"
        );
    }
    assert_eq!(reported.row("SELECT count(*) FROM events").await, ["1"]);
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

pub async fn a_question_that_takes_too_long_is_ended<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 1).await;
    let query = ReportQuery { sql: ENDLESS.to_owned(), max_rows: 1, within: Duration::from_millis(200) };
    match soon(reported.reports.run(&query)).await {
        Err(PortError::Rejected { what: REPORT, reason }) => {
            assert!(reason.contains("took longer than 200ms"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(reported.row("SELECT count(*) FROM events").await, ["1"]);
}

pub async fn questions_at_the_same_time_are_all_answered<F: Fixture<Reported>>() {
    let fixture = F::fresh().await;
    let reported = with_events(&fixture, 5).await;
    let asked = (0..12).map(|_| reported.row("SELECT count(*) FROM events"));
    for row in futures_util::future::join_all(asked).await {
        assert_eq!(row, ["5"]);
    }
}
