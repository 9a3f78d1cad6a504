//! Reports in SQL: what only PostgreSQL does.

use crate::events::{append, event};
use crate::place::Place;
use serde_json::json;
use std::time::Duration;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_domain::{Event, Level};
use watchkeeper_ports::{PortError, REPORT, ReportQuery, Table};

const EXAMPLES: &str = include_str!("../../../../examples/reports.toml");
const PAGE: &str = include_str!("../../../../docs/reports.md");

fn query(sql: &str) -> ReportQuery {
    ReportQuery { sql: sql.to_owned(), max_rows: 100, within: Duration::from_secs(20) }
}

async fn ask(store: &PostgresStore, sql: &str) -> Result<Table, PortError> {
    store.reports().run(&query(sql)).await
}

fn refusal(outcome: Result<Table, PortError>) -> String {
    match outcome {
        Err(PortError::Rejected { what: REPORT, reason }) => reason,
        other => panic!("{other:?}"),
    }
}

async fn filled(place: &Place) -> PostgresStore {
    let store = place.store();
    let fields = json!({"status": 504, "duration": 1.5});
    append(&*store.events(), [Event { level: Level::Error, ..event(61, "timed out", fields) }]).await;
    store
}

/// The texts between these two marks.
fn between<'t>(text: &'t str, begin: &'t str, end: &'t str) -> impl Iterator<Item = &'t str> {
    text.split(begin).skip(1).map(move |rest| rest.split(end).next().unwrap())
}

#[tokio::test]
async fn every_documented_report_is_answered() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let schema = place.options().schema;
    let saved = [EXAMPLES, PAGE].into_iter().flat_map(|text| between(text, "sql = \"\"\"\n", "\"\"\""));
    let on_page = between(PAGE, "```sql\n", "```").flat_map(|block| block.split("\n\n"));
    let on_page = on_page.filter(|sql| ["-- Errors", "-- The slowest"].iter().any(|of| sql.starts_with(of)));
    let mut count = 0;
    for sql in saved.chain(on_page) {
        let sql = sql.replace("watchkeeper.", &format!("{schema}."));
        if let Err(error) = ask(&store, &sql).await {
            panic!("{sql}: {error}");
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn a_report_is_run_as_the_role_of_reports_which_reads_the_views_alone() {
    let place = Place::fresh();
    let owner = filled(&place).await;
    let (client, schema) = (place.client().await, place.options().schema);
    let role = format!("{schema}_reports");
    let grants = format!(
        "CREATE ROLE {role};
         GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT SELECT ON {schema}.events, {schema}.event_counts, {schema}.sample_values TO {role}"
    );
    client.batch_execute(&grants).await.unwrap();
    let with_role = |role: &str| {
        let options = PostgresOptions { report_role: Some(role.to_owned()), ..place.options() };
        PostgresStore::connect(&options).unwrap()
    };
    let store = with_role(&role);
    let table = ask(&store, "SELECT current_user::text, message FROM events").await.unwrap();
    assert_eq!(table.rows, [[Some(role.clone()), Some("timed out".to_owned())]]);
    for sql in ["SELECT * FROM event_rows", "SELECT * FROM positions"] {
        let refused = refusal(ask(&store, sql).await);
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
        ask(&owner, sql).await.unwrap();
    }
    // The connection is the owner's again.
    append(&*store.events(), [event(62, "later", json!({}))]).await;
    let unknown = refusal(ask(&with_role("no\"body"), "SELECT 1").await);
    assert!(
        unknown.contains("cannot become the role of reports: ") && unknown.contains("no\"body"),
        "{unknown}"
    );
    drop((store, owner));
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_report_sorts_as_the_server_plans_and_leaves_no_setting_behind() {
    let place = Place::fresh();
    let options = PostgresOptions { connections: 2, ..place.options() };
    let store = PostgresStore::connect(&options).unwrap();
    append(&*store.events(), [event(1, "said", json!({}))]).await;
    let settings = "SELECT current_setting('enable_sort'), current_setting('transaction_read_only'),
                    current_setting('TimeZone')";
    let table = ask(&store, settings).await.unwrap();
    assert_eq!(table.rows[0].iter().flatten().collect::<Vec<_>>(), ["on", "on", "UTC"]);
    for seconds in 2..8 {
        append(&*store.events(), [event(seconds, "said", json!({}))]).await;
        ask(&store, "SELECT message FROM events ORDER BY message DESC").await.unwrap();
    }
}

#[tokio::test]
async fn a_function_that_writes_is_refused_too() {
    let place = Place::fresh();
    let store = filled(&place).await;
    let client = place.client().await;
    let function = "CREATE FUNCTION sneak() RETURNS integer LANGUAGE sql VOLATILE AS
                    'WITH gone AS (DELETE FROM event_rows RETURNING 1) SELECT count(*)::integer FROM gone'";
    client.batch_execute(function).await.unwrap();
    let refused = refusal(ask(&store, "SELECT sneak()").await);
    assert!(refused.contains("read-only transaction"), "{refused}");
    for sql in [
        "SELECT set_config('transaction_read_only', 'off', true), sneak()",
        "SELECT nextval('mine')",
        "SELECT pg_sleep(1) FROM events FOR UPDATE",
    ] {
        refusal(ask(&store, sql).await);
    }
    let table = ask(&store, "SELECT count(*) FROM events").await.unwrap();
    assert_eq!(table.rows, [[Some("1".to_owned())]]);
}

#[tokio::test]
async fn a_slow_report_is_ended_by_the_server_whether_it_prepares_or_fetches() {
    let place = Place::fresh();
    let store = filled(&place).await;
    for sql in ["SELECT pg_sleep(20)", "SELECT pg_sleep(0.01) FROM generate_series(1, 10000)"] {
        let query = ReportQuery { within: Duration::from_millis(300), ..query(sql) };
        let refused = refusal(store.reports().run(&query).await);
        assert!(refused.contains("took longer than 300ms"), "{refused}");
    }
}

#[tokio::test]
async fn an_answer_after_the_connections_were_lost_comes_on_new_ones() {
    let place = Place::fresh();
    let store = filled(&place).await;
    ask(&store, "SELECT 1").await.unwrap();
    place.lose_connections().await;
    while let Err(error) = ask(&store, "SELECT 1").await {
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
    }
}
