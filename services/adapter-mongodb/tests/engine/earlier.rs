//! Documents of an earlier version: with an `_id` that the client generated, and unique indexes.

use crate::scripted;
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};
use std::sync::{Arc, Mutex};
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_port_contract::PATIENCE;
use watchkeeper_ports::RollupStore;

/// A server with these documents, and the commands it got for them, in order.
#[derive(Default)]
struct Before {
    series: Mutex<Vec<Document>>,
    rollups: Mutex<Vec<Document>>,
    told: Mutex<Vec<String>>,
}

impl Before {
    fn answer(&self, command: &Document) -> Document {
        let collection = |name: &str| {
            let name = command.get_str(name).ok()?;
            if name == "rollup_series" { Some((name, &self.series)) } else { Some((name, &self.rollups)) }
        };
        let tell = |told: String| self.told.lock().unwrap().push(told);
        if let Some((_, documents)) = collection("find")
            && command.get_document("filter").is_ok_and(|filter| filter.contains_key("_id"))
        {
            return scripted::found(documents.lock().unwrap().clone());
        }
        if let Some((name, _)) = collection("listIndexes") {
            let index = if name == "rollup_series" { "key" } else { "rollup" };
            let index = doc! { "v": 2, "name": index, "key": { "key": 1 }, "unique": true };
            return scripted::found(vec![index]);
        }
        if let Some((name, _)) = collection("dropIndexes") {
            tell(format!("{name}: drop {}", command.get_str("index").unwrap()));
        }
        if let Some((name, _)) = collection("update")
            && let Ok(updates) = command.get_array("updates")
        {
            let id = |update: &Bson| {
                update.as_document().unwrap().get_document("q").unwrap().get_str("_id").unwrap().to_owned()
            };
            tell(format!("{name}: {}", updates.iter().map(id).collect::<Vec<_>>().join(" ")));
        }
        if let Some((name, documents)) = collection("delete") {
            documents.lock().unwrap().clear();
            let deletes = command.get_array("deletes").unwrap();
            let is_unlimited =
                |delete: &&Bson| delete.as_document().unwrap().get_i32("limit").is_ok_and(|limit| limit == 0);
            tell(format!("{name}: delete {}", deletes.iter().filter(is_unlimited).count()));
        }
        scripted::nothing_yet(command)
    }
}

#[tokio::test]
async fn rollups_of_an_earlier_version_get_their_new_id_before_they_lose_the_old_one() {
    let before = Arc::new(Before::default());
    let start = DateTime::parse_rfc3339_str("2026-11-20T10:00:00Z").unwrap();
    let series = doc! { "_id": ObjectId::new(), "key": "host/load", "latest": { "hour": start } };
    before.series.lock().unwrap().push(series);
    for window in ["hour", "day"] {
        let rollup = doc! { "_id": ObjectId::new(), "window": window, "key": "host/load", "start": start };
        before.rollups.lock().unwrap().push(rollup);
    }
    let script = {
        let before = Arc::clone(&before);
        move |command: &Document| before.answer(command)
    };
    let url = scripted::start(Arc::new(script)).await;
    let options = MongoOptions { url, database: None, prefix: String::new(), timeout: PATIENCE };
    let store = MongoRollups::new(&options).unwrap();
    store.check().await.unwrap();
    store.check().await.unwrap();
    let expected = [
        "rollup_series: drop key",
        "rollup_series: host/load",
        "rollup_series: delete 1",
        "rollups: drop rollup",
        "rollups: hour/2026-11-20T10:00:00Z/host/load day/2026-11-20T10:00:00Z/host/load",
        "rollups: delete 2",
        "rollup_checks: check",
        "rollup_checks: check",
    ];
    assert_eq!(*before.told.lock().unwrap(), expected);
}
