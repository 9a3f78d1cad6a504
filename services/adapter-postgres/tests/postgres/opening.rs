//! Opening: without a server, concurrently, with minimal privileges.

use crate::place::{Place, client};
use crate::samples::{batch, everything, midnight, moving, partition, position, sample, topic_id};
use std::net::TcpListener;
use std::time::Duration;
use tokio::task::JoinSet;
use watchkeeper_adapter_postgres::{PostgresOptions, PostgresStore};
use watchkeeper_port_contract::engine_url;
use watchkeeper_ports::{Failure, Group, PortError, StoredPosition, TopicId};

/// The engine's URL for another user.
fn url_for(user: &str, password: &str) -> String {
    let url = engine_url("postgres");
    let (_, at) = url.split_once('@').unwrap();
    format!("postgres://{user}:{password}@{at}")
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_available_and_its_absence_not_an_error_of_opening() {
    // A port that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = PostgresOptions {
        connect_timeout: Duration::from_secs(1),
        ..PostgresOptions::new(format!("postgres://user:secret@127.0.0.1:{port}/db"))
    };
    let store = PostgresStore::connect(&options).unwrap();
    let errors = [
        store.samples().check().await.unwrap_err(),
        store.samples().prune(midnight(0)).await.unwrap_err(),
        store.schedule().mark("a", &[]).await.unwrap_err(),
        store.alerts().alerts(None, 1).await.unwrap_err(),
        store.notifications().waiting().await.unwrap_err(),
        store.silences().silence("a").await.unwrap_err(),
        store.incidents().incident("a").await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, PortError::Unavailable { .. }), "{error}");
        assert!(error.to_string().contains("Connection refused") && !error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_available() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = PostgresOptions {
        connect_timeout: Duration::from_millis(200),
        ..PostgresOptions::new(format!("postgres://user@{}/db", silent.local_addr().unwrap()))
    };
    let error = PostgresStore::connect(&options).unwrap().samples().check().await.unwrap_err();
    assert_eq!(error.failure(), Failure::Retry, "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_for_an_operator_and_not_shown() {
    let options = PostgresOptions::new(url_for("watchkeeper", "not-the-one"));
    let error = PostgresStore::connect(&options).unwrap().samples().check().await.unwrap_err();
    assert_eq!(error.failure(), Failure::Stop, "{error}");
    assert!(error.to_string().contains("28P01") && !error.to_string().contains("not-the-one"), "{error}");
}

#[tokio::test]
async fn many_that_open_at_the_same_time_find_one_schema() {
    let place = Place::fresh();
    let mut opening = JoinSet::new();
    for _ in 0..8 {
        let store = place.store();
        opening.spawn(async move { store.samples().check().await });
    }
    for opened in opening.join_all().await {
        opened.unwrap();
    }
    let row =
        place.client().await.query_one("SELECT count(*), max(version) FROM migrations", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), row.get::<_, i64>(1), "each step was made once");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let place = Place::fresh();
    place.store().samples().check().await.unwrap();
    place.client().await.batch_execute("INSERT INTO migrations (version) VALUES (1000)").await.unwrap();
    let error = place.store().samples().check().await.unwrap_err();
    assert_eq!(error.failure(), Failure::Stop);
    assert!(error.to_string().contains("version 1000"), "{error}");
}

#[tokio::test]
async fn a_position_of_an_earlier_version_is_that_of_the_topic_that_is_asked_about_first() {
    let place = Place::fresh();
    let store = place.store().samples();
    store.check().await.unwrap();
    let earlier = "INSERT INTO positions (group_name, topic, partition, topic_id, next)
         VALUES ('persister', 'metrics', 0, '', 7)";
    place.client().await.batch_execute(earlier).await.unwrap();
    assert_eq!(position(&*store).await, Some(7));
    store.append(moving([], 7, 8)).await.unwrap();
    assert_eq!(position(&*store).await, Some(8));
    let anew = TopicId::new("created anew");
    let of_new_topic = store.position(&Group::PERSISTER, &partition(), &anew).await.unwrap();
    assert_eq!(of_new_topic, StoredPosition::OfAnother(topic_id()));
}

#[tokio::test]
async fn a_role_that_may_only_create_in_its_schema_is_enough() {
    let place = Place::fresh();
    let (role, schema) = (format!("{}_role", place.options().schema), place.options().schema);
    let admin = client().await;
    admin
        .batch_execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'few-rights';
             CREATE SCHEMA {schema};
             GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}"
        ))
        .await
        .unwrap();
    let options = PostgresOptions { url: url_for(&role, "few-rights"), ..place.options() };
    let store = PostgresStore::connect(&options).unwrap();
    let again = batch([sample("load", midnight(0), 1.0)]);
    assert_eq!(store.samples().append(again.clone()).await.unwrap().stored, 1);
    assert_eq!(store.samples().append(again.clone()).await.unwrap().repeated, 1);
    assert_eq!(store.samples().prune(midnight(2)).await.unwrap(), 1);
    store.alerts().check().await.unwrap();
    admin.batch_execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_lost_is_replaced() {
    let place = Place::fresh();
    let store = place.store().samples();
    store.append(batch([sample("load", midnight(0), 1.0)])).await.unwrap();
    place.lose_connections().await;
    let later = batch([sample("load", midnight(1), 1.0)]);
    // At most one call fails for each lost connection.
    let mut tries = 0;
    while let Err(error) = store.append(later.clone()).await {
        assert_eq!(error.failure(), Failure::Retry, "{error}");
        tries += 1;
        assert!(tries <= PostgresOptions::CONNECTIONS, "{error}");
    }
    assert_eq!(everything(&*store).await.len(), 2);
}
