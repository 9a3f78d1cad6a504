//! The hash in Redis.

use redis::{Client, Commands as _};
use std::collections::BTreeMap;

/// Where the latest samples are, by series.
const SAMPLES: &str = "{watchkeeper}:latest:samples";

pub(super) fn latest(url: &str, source: &str) -> BTreeMap<String, f64> {
    let mut redis = Client::open(url).unwrap().get_connection().unwrap();
    let entries: BTreeMap<String, String> = redis.hgetall(SAMPLES).unwrap();
    let of_source = entries.iter().filter(|(key, _)| key.split('/').next() == Some(source));
    of_source.map(|(key, entry)| (key.clone(), value(entry))).collect()
}

/// The value of a sample: its JSON stands behind its times.
fn value(entry: &str) -> f64 {
    let sample: serde_json::Value = serde_json::from_str(&entry[entry.find('{').unwrap()..]).unwrap();
    sample["value"].as_f64().unwrap()
}
