//! Reports on the embedded store: what only it does.
#![expect(clippy::unwrap_used, reason = "what prepares a test must succeed")]

use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{EmbeddedAlerts, EmbeddedEvents, EmbeddedReports, EmbeddedStore};
use watchkeeper_domain::event::Fields;
use watchkeeper_domain::{Event, EventId, Level, Timestamp};
use watchkeeper_ports::{Append, PortError, Processed, ReportQuery, Reports as _, Sink as _, Table};

struct Stage {
    directory: TempDir,
    _stores: (EmbeddedEvents, EmbeddedStore, EmbeddedAlerts),
}

impl Stage {
    async fn with(events: impl IntoIterator<Item = Event>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        let store = EmbeddedEvents::open(dir).unwrap();
        let items = events.into_iter().map(Processed::stored).collect();
        store.append(Arc::new(Append::of(items))).await.unwrap();
        let stores = (store, EmbeddedStore::open(dir).unwrap(), EmbeddedAlerts::open(dir).unwrap());
        Self { directory, _stores: stores }
    }

    async fn ask(&self, sql: &str) -> Result<Table, PortError> {
        let query = ReportQuery { sql: sql.to_owned(), max_rows: 100, within: Duration::from_secs(20) };
        EmbeddedReports::of(self.directory.path()).run(&query).await
    }

    async fn cell(&self, sql: &str) -> String {
        self.ask(sql).await.unwrap().rows[0][0].clone().unwrap_or_default()
    }
}

fn event(ago: Duration, level: Level) -> Event {
    let occurred_at = Timestamp::now().minus(ago);
    let mut fields = Fields::new();
    fields.insert("duration".to_owned(), 1.5.into());
    Event {
        id: EventId::given(&format!("{ago:?}")),
        occurred_at,
        level,
        service: "shop".into(),
        host: "web-1".into(),
        message: "slow".into(),
        fields,
    }
}

#[tokio::test]
async fn nothing_but_the_views_can_be_read() {
    let stage = Stage::with([event(Duration::from_secs(60), Level::Error)]).await;
    for sql in [
        "SELECT * FROM positions",
        "SELECT * FROM main.positions",
        "SELECT * FROM store.marks",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM temp.sqlite_master",
        "SELECT * FROM pragma_table_info('events')",
        "SELECT * FROM pragma_database_list",
        "WITH events AS (SELECT * FROM main.positions) SELECT * FROM events",
        "ATTACH 'alerts.db' AS alerts",
        "DETACH store",
        "SELECT writefile('/tmp/x', 'x')",
        "SELECT ?1",
    ] {
        let refused = stage.ask(sql).await;
        assert!(matches!(refused, Err(PortError::Rejected { .. })), "{sql}: {refused:?}");
    }
    assert_eq!(stage.cell("SELECT value FROM events, json_each(events.fields)").await, "1.5");
}

#[tokio::test]
async fn times_compare_with_those_of_sqlite_and_ranges_can_use_the_index() {
    let stage = Stage::with([60, 90_000].map(|ago| event(Duration::from_secs(ago), Level::Error))).await;
    for range in ["time > datetime('now', '-1 day')", "micros > unixepoch('now', '-1 day') * 1000000"] {
        assert_eq!(stage.cell(&format!("SELECT count(*) FROM events WHERE {range}")).await, "1", "{range}");
    }
    let plan = "EXPLAIN QUERY PLAN SELECT message FROM events WHERE micros > 5";
    let plan = stage.ask(plan).await.unwrap();
    let plan: Vec<String> = plan.rows.into_iter().flatten().flatten().collect();
    assert!(plan.iter().any(|step| step.contains("events_by_time")), "{plan:?}");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused_and_not_made() {
    let stage = Stage::with([]).await;
    let error = stage.ask("SELECT length(hex(zeroblob(900000000)))").await.unwrap_err();
    assert!(matches!(error, PortError::Rejected { .. }), "{error}");
}

#[tokio::test]
async fn the_documented_reports_for_sqlite_are_answered() {
    let page = include_str!("../../../docs/reports.md");
    let hour = Duration::from_secs(60 * 60);
    let stage = Stage::with([event(hour / 2, Level::Error), event(24 * hour, Level::Error)]).await;
    let blocks = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let of_sqlite = blocks.flat_map(|block| block.split("\n\n")).filter(|sql| sql.starts_with("-- SQLite"));
    let mut count = 0;
    for sql in of_sqlite {
        let table = stage.ask(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(!table.rows.is_empty(), "{sql}");
        count += 1;
    }
    assert_eq!(count, 2);
}
