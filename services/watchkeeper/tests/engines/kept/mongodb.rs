//! The collection in MongoDB.

use futures_util::TryStreamExt as _;
use mongodb::Client;
use mongodb::bson::{Document, doc};

pub(super) async fn hours(url: &str, key: &str) -> Vec<f64> {
    let rollups =
        Client::with_uri_str(url).await.unwrap().database("watchkeeper").collection::<Document>("rollups");
    let found = rollups.find(doc! { "window": "hour", "key": key }).await.unwrap();
    let rollups: Vec<Document> = found.try_collect().await.unwrap();
    rollups.iter().map(|rollup| rollup.get_f64("avg").unwrap()).collect()
}
