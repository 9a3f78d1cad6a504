//! A slow server, which continues a command whether or not anybody waits for the answer.

use crate::scripted;
use mongodb::bson::{Document, doc};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_domain::{Rollup, Series, SeriesRollups, Window};
use watchkeeper_port_contract::PATIENCE;
use watchkeeper_ports::{Failure, RollupStore};

/// A server whose writes wait until they are released.
#[derive(Default)]
struct Held {
    is_open: Mutex<bool>,
    opened: Condvar,
    /// Writes that have begun, and the most that ran at once.
    begun: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Held {
    fn write(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(self.under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::task::block_in_place(|| {
            let open = self.is_open.lock().unwrap();
            drop(self.opened.wait_while(open, |is_open| !*is_open).unwrap());
        });
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

async fn store(
    timeout: Duration,
    script: impl Fn(&Document) -> Document + Send + Sync + 'static,
) -> MongoRollups {
    let url = scripted::start(Arc::new(script)).await;
    MongoRollups::new(&MongoOptions { url, database: None, prefix: String::new(), timeout }).unwrap()
}

fn rollups(series: u32) -> Vec<SeriesRollups> {
    let of = |number: u32| {
        let series = Series::new("host", &format!("load{number}"), "", &[]).unwrap();
        let start = "2026-11-20T10:00:00Z".parse().unwrap();
        let rollup = Rollup { start, avg: 0.5, min: 0.25, max: 2.5, count: 240, p95: 2.0 };
        SeriesRollups { series: Arc::new(series), rollups: vec![rollup] }
    };
    (0..series).map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_takes_long_is_waited_for_and_no_other_is_begun_meanwhile() {
    let held = Arc::new(Held::default());
    let script = {
        let held = Arc::clone(&held);
        move |command: &Document| {
            if command.contains_key("update") {
                held.write();
                return doc! { "n": 1, "ok": 1 };
            }
            scripted::nothing_yet(command)
        }
    };
    // Shorter than the write is held: the second one times out while the first is running.
    let store = Arc::new(store(Duration::from_millis(200), script).await);
    let first = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.check().await }
    });
    while held.begun.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let error = store.check().await.unwrap_err();
    assert_eq!(error.failure(), Failure::Retry);
    assert!(error.to_string().contains("the previous write is still in progress"), "{error}");
    held.open();
    first.await.unwrap().unwrap();
    store.check().await.unwrap();
    assert_eq!((held.begun.load(Ordering::SeqCst), held.most.load(Ordering::SeqCst)), (2, 1));
}

#[tokio::test]
async fn commands_grow_while_the_server_is_fast_and_are_small_after_one_without_an_answer() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let script = {
        let sizes = Arc::clone(&sizes);
        move |command: &Document| {
            let Ok(updates) = command.get_array("updates") else { return scripted::nothing_yet(command) };
            sizes.lock().unwrap().push(updates.len());
            if updates.len() == 128 {
                return doc! { "ok": 0, "errmsg": "it is too much" };
            }
            doc! { "n": i32::try_from(updates.len()).unwrap(), "ok": 1 }
        }
    };
    let store = store(PATIENCE, script).await;
    store.put(Window::Hour, &rollups(400)).await.unwrap_err();
    store.check().await.unwrap();
    store.check().await.unwrap();
    assert_eq!(*sizes.lock().unwrap(), [16, 32, 64, 128, 1, 1]);
    sizes.lock().unwrap().clear();
    store.put(Window::Hour, &rollups(20)).await.unwrap();
    assert_eq!(sizes.lock().unwrap()[..2], [16, 4], "series, after the failure");
}

#[tokio::test]
async fn what_was_there_is_replaced_also_where_the_server_miscounts_what_it_inserted() {
    let replaced = Arc::new(Mutex::new(Vec::new()));
    let inserted = rollup_id("load1");
    let script = {
        let replaced = Arc::clone(&replaced);
        move |command: &Document| {
            if let Ok(updates) = command.get_array("updates") {
                let first = updates[0].as_document().unwrap();
                if first.get_document("u").unwrap().contains_key("$set") {
                    let id = first.get_document("q").unwrap().get_str("_id").unwrap();
                    replaced.lock().unwrap().push(id.to_owned());
                }
                // FerretDB counts inserted documents, not statements.
                let upserted = doc! { "index": 0, "_id": &inserted };
                return doc! { "n": 2, "upserted": [upserted], "ok": 1 };
            }
            if command.get_document("filter").is_ok_and(|filter| filter.get_str("_id").is_ok()) {
                let start = mongodb::bson::DateTime::parse_rfc3339_str("2026-11-20T10:00:00Z").unwrap();
                return scripted::found(vec![doc! {
                    "key": "host/load0", "start": start, "avg": 0.0, "min": 0.0, "max": 0.0, "count": 3_i64,
                    "p95": 0.0,
                }]);
            }
            scripted::nothing_yet(command)
        }
    };
    let store = store(PATIENCE, script).await;
    store.put(Window::Hour, &rollups(2)).await.unwrap();
    assert_eq!(*replaced.lock().unwrap(), [rollup_id("load0")]);
}

fn rollup_id(name: &str) -> String {
    format!("hour/2026-11-20T10:00:00Z/host/{name}")
}
