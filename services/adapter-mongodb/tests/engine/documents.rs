//! The documents that people find in the collections.

use crate::place::Place;
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use std::sync::Arc;
use watchkeeper_domain::{Rollup, Series, SeriesRollups, Window};
use watchkeeper_port_contract::Fixture;
use watchkeeper_ports::Failure;

fn load() -> SeriesRollups {
    let start = "2026-11-20T10:00:00Z".parse().unwrap();
    let series = Series::new("host", "load", "", &[("a.b", "$1"), ("host", "a")]).unwrap();
    let rollup = Rollup { start, avg: 0.5, min: 0.25, max: 2.5, count: 240, p95: 2.0 };
    SeriesRollups { series: Arc::new(series), rollups: vec![rollup] }
}

async fn collection(place: &Place, name: &str) -> mongodb::Collection<Document> {
    let client = Client::with_uri_str(&place.0.url).await.unwrap();
    client.database(place.0.database.as_deref().unwrap()).collection(&format!("{}{name}", place.0.prefix))
}

#[tokio::test]
async fn a_rollup_is_a_document_that_people_can_query() {
    let place = Place::fresh().await;
    place.open().await.put(Window::Hour, &[load()]).await.unwrap();
    let rollups = collection(&place, "rollups").await;
    let of_label = doc! { "labels": { "$elemMatch": { "name": "a.b", "value": "$1" } } };
    let mut found = rollups.find_one(of_label).await.unwrap().unwrap();
    let id = r#"hour/2026-11-20T10:00:00Z/host/load{a.b="$1",host="a"}"#;
    assert_eq!(found.remove("_id"), Some(Bson::String(id.to_owned())));
    let expected = doc! {
        "key": r#"host/load{a.b="$1",host="a"}"#,
        "source": "host",
        "name": "load",
        "unit": "",
        "labels": [{ "name": "a.b", "value": "$1" }, { "name": "host", "value": "a" }],
        "window": "hour",
        "start": mongodb::bson::DateTime::parse_rfc3339_str("2026-11-20T10:00:00Z").unwrap(),
        "avg": 0.5,
        "min": 0.25,
        "max": 2.5,
        "count": 240_i64,
        "p95": 2.0,
    };
    // The order of fields is up to the server.
    assert_eq!(found.len(), expected.len());
    for (field, value) in expected {
        assert_eq!(found.get(&field), Some(&value), "{field}");
    }
}

#[tokio::test]
async fn the_engine_itself_keeps_one_rollup_of_a_series_and_window() {
    let place = Place::fresh().await;
    place.open().await.put(Window::Hour, &[load()]).await.unwrap();
    let rollups = collection(&place, "rollups").await;
    let mut same = rollups.find_one(doc! {}).await.unwrap().unwrap();
    assert!(rollups.insert_one(&same).await.is_err());
    same.insert("_id", "day/2026-11-20T10:00:00Z/host/load");
    rollups.insert_one(&same).await.unwrap();
}

#[tokio::test]
async fn a_document_that_somebody_broke_is_said_to_be_broken() {
    let place = Place::fresh().await;
    let store = place.open().await;
    store.set_made_until("hourly", "2026-11-20T10:00:00Z".parse().unwrap()).await.unwrap();
    let passes = collection(&place, "rollup_passes").await;
    passes.update_one(doc! {}, doc! { "$set": { "made_until": "soon" } }).await.unwrap();
    let error = store.made_until("hourly").await.unwrap_err();
    assert_eq!(error.failure(), Failure::Stop);
    assert!(error.to_string().contains("hourly is soon"), "{error}");
    passes.update_one(doc! {}, doc! { "$set": { "made_until": 1 } }).await.unwrap();
    assert_eq!(store.made_until("hourly").await.unwrap_err().failure(), Failure::Stop);
}
