//! Views for people and reports.

use super::{append, event};
use crate::place::{Place, client};
use crate::samples::{batch, midnight, sample};
use serde_json::json;
use watchkeeper_domain::{Event, Level};

/// The statements that docs/reports.md gives, for a schema and a role.
fn grants(schema: &str, role: &str) -> String {
    let page = include_str!("../../../../../docs/reports.md");
    let (_, rest) = page.split_once("```sql\n-- A role that may read").unwrap();
    let (statements, _) = rest.split_once("```").unwrap();
    let statements = format!("-- {statements}");
    let known = ["watchkeeper_reader", "SCHEMA watchkeeper ", "watchkeeper.", "watchkeeper;"];
    assert!(known[..3].iter().all(|part| statements.contains(part)), "{statements}");
    statements
        .replace("watchkeeper_reader", role)
        .replace("SCHEMA watchkeeper ", &format!("SCHEMA {schema} "))
        .replace("watchkeeper.", &format!("{schema}."))
        .replace("= watchkeeper;", &format!("= {schema};"))
}

async fn filled(place: &Place) {
    let events = [
        event(0, "order 17 paid", json!({"amount": 9.5})),
        Event { level: Level::Error, ..event(61, "timed out", json!({"status": 504})) },
    ];
    append(&*place.store().events(), events).await;
    place.store().samples().append(batch([sample("load", midnight(0), 0.5)])).await.unwrap();
}

#[tokio::test]
async fn views_show_events_counts_and_samples_with_names() {
    let place = Place::fresh();
    filled(&place).await;
    let client = place.client().await;
    let text = async |sql: &str| {
        let rows = client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
    };
    let sql = "SELECT concat_ws('|', time AT TIME ZONE 'UTC', level, severity, service, host, message, fields->>'status')
         FROM events WHERE severity >= 6";
    assert_eq!(text(sql).await, ["2026-11-20 00:01:01|error|6|shop|web-1|timed out|504"]);
    let sql = "SELECT concat_ws('|', time AT TIME ZONE 'UTC', name, service, level, labels, events)
         FROM event_counts ORDER BY time";
    assert_eq!(
        text(sql).await,
        ["2026-11-20 00:00:00|events|shop|info|{}|1", "2026-11-20 00:01:00|events|shop|error|{}|1"]
    );
    let sql = "SELECT concat_ws('|', source, name, value) FROM sample_values";
    assert_eq!(text(sql).await, ["test|load|0.5"]);
    let sql = "SELECT relname || '.' || attname FROM pg_class
         JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
         WHERE relnamespace = current_schema()::regnamespace
             AND relname IN ('events', 'event_counts', 'sample_values') AND col_description(attrelid, attnum) IS NULL";
    assert_eq!(text(sql).await, Vec::<String>::new(), "columns without a comment");
}

#[tokio::test]
async fn the_documented_role_reads_views_and_changes_nothing() {
    let place = Place::fresh();
    filled(&place).await;
    let owner = place.client().await;
    let schema: String = owner.query_one("SELECT current_schema()::text", &[]).await.unwrap().get(0);
    let role = format!("{schema}_reader");
    owner.batch_execute(&grants(&schema, &role)).await.unwrap();
    let reader = client().await;
    reader.batch_execute(&format!("SET ROLE {role}; SET search_path = {schema}")).await.unwrap();
    let sql = "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM event_counts)
                    + (SELECT count(*) FROM sample_values)";
    assert_eq!(reader.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 5);
    for sql in [
        "SELECT * FROM event_rows",
        "SELECT * FROM positions",
        "DELETE FROM event_counts",
        "INSERT INTO events (message) VALUES ('x')",
        "CREATE TABLE mine (id integer)",
    ] {
        let error = reader.batch_execute(sql).await.unwrap_err();
        let code = error.code().map(tokio_postgres::error::SqlState::code);
        // Not allowed; or a view over several tables, which takes no rows.
        assert!(matches!(code, Some("42501" | "55000")), "{sql}: {error}");
    }
    drop(reader);
    owner.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_view_takes_nobodys_place() {
    let place = Place::fresh();
    let client = client().await;
    let options = place.options();
    let schema = &options.schema;
    client
        .batch_execute(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.events (mine integer)"))
        .await
        .unwrap();
    let store = place.store().events();
    append(&*store, [event(0, "said", json!({}))]).await;
    let mine = format!("SELECT mine FROM {schema}.events");
    assert!(client.query(&mine, &[]).await.unwrap().is_empty());
}
