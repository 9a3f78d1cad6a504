//! The table `metrics` of the previous platform: as a view over the samples stored here, and as a table read
//! elsewhere.

use crate::place::{Place, client};
use crate::samples::{batch, midnight};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};
use watchkeeper_adapter_postgres::{PostgresMetricsTable, PostgresOptions};
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_port_contract::engine_url;
use watchkeeper_ports::{Failure, MetricsRow, MetricsTable};

/// The query of their API for the newest samples.
const NEWEST: &str = "SELECT source, name, value, labels, collected_at FROM metrics \
                      WHERE source = $1 AND name = $2 ORDER BY collected_at DESC LIMIT $3";
/// The query of their panels, with the range as Grafana expands it.
const PANEL: &str = "SELECT collected_at AS \"time\", value AS \"stars\" FROM metrics \
                     WHERE source = 'GitHub' AND name = 'stargazers_count' \
                     AND collected_at BETWEEN '2026-11-20T00:00:00Z' AND '2026-11-20T06:00:00Z' \
                     ORDER BY collected_at ASC";
const TABLE: &str = "CREATE TABLE metrics (
    id BIGSERIAL PRIMARY KEY, source VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL,
    value DOUBLE PRECISION NOT NULL, labels JSONB, collected_at TIMESTAMPTZ NOT NULL DEFAULT NOW())";

fn sample(repository: &str, at: Timestamp, value: f64) -> Sample {
    let labels: &[(&str, &str)] = if repository.is_empty() { &[] } else { &[("repository", repository)] };
    let series = Series::new("GitHub", "stargazers_count", "stars", labels).unwrap();
    Sample::new(Arc::new(series), at, value)
}

/// Three series on four days.
async fn stored(place: &Place) -> Vec<Sample> {
    let hours = (0..96).map(|hour| midnight(0).plus(Duration::from_secs(hour * 3_600)));
    let samples: Vec<_> =
        hours.flat_map(|at| ["golang/go", "rust-lang/rust", ""].map(|of| sample(of, at, 1.5))).collect();
    place.store().samples().append(batch(samples.clone())).await.unwrap();
    samples
}

#[tokio::test]
async fn their_questions_are_answered_from_the_view() {
    let place = Place::fresh();
    stored(&place).await;
    let last = sample("golang/go", midnight(4), 7.0);
    place.store().samples().append(batch([last])).await.unwrap();
    let client = place.client().await;
    let rows = client.query(NEWEST, &[&"GitHub", &"stargazers_count", &4_i64]).await.unwrap();
    let values: Vec<f64> = rows.iter().map(|row| row.get("value")).collect();
    assert_eq!(values, [7.0, 1.5, 1.5, 1.5]);
    let labels = "SELECT DISTINCT labels::text FROM metrics ORDER BY 1";
    let labels: Vec<String> = client.query(labels, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let expected = [r#"{"repository": "golang/go"}"#, r#"{"repository": "rust-lang/rust"}"#, "{}"];
    assert_eq!(labels, expected, "an object, also where there are none");
    assert_eq!(client.query(PANEL, &[]).await.unwrap().len(), 3 * 7);
}

#[tokio::test]
async fn a_range_of_time_reads_its_days_alone() {
    let place = Place::fresh();
    stored(&place).await;
    let rows = place.client().await.query(&format!("EXPLAIN {PANEL}"), &[]).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let plan = plan.join("\n");
    assert!(plan.contains("samples_20261120") && !plan.contains("samples_20261121"), "{plan}");
}

#[tokio::test]
async fn every_row_of_the_view_has_an_id_of_its_own_that_stays() {
    let place = Place::fresh();
    let samples = stored(&place).await;
    let ids = async |client: &Client| {
        let rows = client.query("SELECT id FROM metrics ORDER BY labels, collected_at", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect::<Vec<i64>>()
    };
    let client = place.client().await;
    let before = ids(&client).await;
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), samples.len());
    assert!(before.iter().all(|id| *id > 0));
    client.batch_execute("VACUUM FULL series").await.unwrap();
    assert_eq!(ids(&client).await, before);
}

#[tokio::test]
async fn another_user_may_read_the_view_and_nothing_else() {
    let place = Place::fresh();
    stored(&place).await;
    let (schema, admin) = (place.options().schema, client().await);
    let role = format!("{schema}_reader");
    admin
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'reads';
             GRANT USAGE ON SCHEMA {schema} TO {role};
             GRANT SELECT ON {schema}.metrics TO {role};
             ALTER ROLE {role} SET search_path = {schema}, public"
        ))
        .await
        .unwrap();
    let url = engine_url("postgres");
    let (_, at) = url.split_once('@').unwrap();
    let (reader, connection) =
        tokio_postgres::connect(&format!("postgres://{role}:reads@{at}"), NoTls).await.unwrap();
    tokio::spawn(connection);
    let rows = reader.query(NEWEST, &[&"GitHub", &"stargazers_count", &1_i64]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(reader.query("SELECT * FROM samples", &[]).await.is_err());
    drop(reader);
    admin.batch_execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_table_of_that_name_in_the_schema_stays_and_there_is_no_view() {
    let place = Place::fresh();
    let schema = place.options().schema;
    let admin = client().await;
    admin
        .batch_execute(&format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {TABLE}"))
        .await
        .unwrap();
    stored(&place).await;
    let messages = admin.simple_query("SELECT count(*) FROM metrics").await.unwrap();
    let count = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    assert_eq!(count.as_deref(), Some("0"));
}

/// A table of theirs in its own schema, which the URL's search path names.
struct Theirs {
    place: Place,
    client: Client,
}

impl Theirs {
    async fn with(table: &str) -> Self {
        let place = Place::fresh();
        let client = client().await;
        let schema = place.options().schema;
        let create = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {table}");
        client.batch_execute(&create).await.unwrap();
        Self { place, client }
    }

    fn table(&self) -> PostgresMetricsTable {
        let PostgresOptions { url, schema, .. } = self.place.options();
        let url = format!("{url}&options=-csearch_path%3D{schema}");
        PostgresMetricsTable::connect(&PostgresOptions::new(url)).unwrap()
    }
}

#[tokio::test]
async fn their_table_is_read_by_number_as_it_stands_there() {
    let theirs = Theirs::with(TABLE).await;
    let insert = "INSERT INTO metrics (source, name, value, labels, collected_at) VALUES
        ('GitHub', 'stars', 125000, '{\"repository\": \"golang/go\", \"n\": 1.50}', '2026-11-20T10:00:00.123456Z'),
        ('', 'n', 'NaN', NULL, '1969-12-31T23:59:59Z'),
        ('s', 'n', '-Infinity', '[1]', 'infinity')";
    theirs.client.batch_execute(insert).await.unwrap();
    theirs.client.batch_execute("DELETE FROM metrics WHERE id = 2").await.unwrap();
    theirs.client.batch_execute(insert).await.unwrap();
    let table = theirs.table();
    let extent = table.extent().await.unwrap();
    assert_eq!((extent.end, table.extent().await.unwrap()), (7, extent.clone()));
    let rows = table.rows(0, 2).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [1, 3]);
    let expected = MetricsRow {
        id: 1,
        source: "GitHub".into(),
        name: "stars".into(),
        value: 125_000.0,
        labels: r#"{"n": 1.50, "repository": "golang/go"}"#.into(),
        collected_at: Some("2026-11-20T10:00:00.123456Z".parse().unwrap()),
    };
    assert_eq!(rows[0], expected);
    let rest = table.rows(4, 10).await.unwrap();
    assert_eq!(rest.iter().map(|row| row.id).collect::<Vec<_>>(), [4, 5, 6]);
    assert!(rest[1].value.is_nan() && rest[1].labels == "null" && rest[1].collected_at.is_none());
    assert_eq!(rest[2].collected_at, None);
    assert_eq!(table.rows(7, 10).await.unwrap(), []);
    let other = Theirs::with(TABLE).await.table().extent().await.unwrap();
    assert_ne!(other.table_id, extent.table_id);
}

#[tokio::test]
async fn a_page_of_large_rows_is_cut_short_and_the_next_one_goes_on() {
    let theirs = Theirs::with(TABLE).await;
    let insert = "INSERT INTO metrics (source, name, value, labels)
        SELECT 's', 'n', 1, jsonb_build_object('l', repeat('x', 100000)) FROM generate_series(1, 400)";
    theirs.client.batch_execute(insert).await.unwrap();
    let table = theirs.table();
    let (mut from, mut pages) = (0, 0);
    loop {
        let rows = table.rows(from, 1_000).await.unwrap();
        let Some(last) = rows.last() else { break };
        assert!(rows.iter().all(|row| row.labels.len() == MetricsRow::MAX_LABELS_CHARS + 1));
        (from, pages) = (last.id + 1, pages + 1);
    }
    assert_eq!((from, pages), (401, 4));
}

#[tokio::test]
async fn a_table_that_is_missing_or_another_is_named_with_what_is_wrong() {
    for (table, expected) in [
        ("SELECT 1", "there is none in the schemas of search_path"),
        ("CREATE VIEW metrics AS SELECT 1 AS id", "there is none in the schemas of search_path"),
        (
            "CREATE TABLE metrics (id bigint, source text, name text, value numeric, labels text)",
            "column value is numeric, not double precision, column labels is text, not jsonb, it has no column \
             collected_at",
        ),
    ] {
        let error = Theirs::with(table).await.table().extent().await.unwrap_err();
        assert_eq!(error.failure(), Failure::Stop, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
