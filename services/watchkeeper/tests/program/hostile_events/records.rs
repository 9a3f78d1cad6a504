//! Records that another program has put on the bus.

use super::GOOD;
use super::odd::{TIMES, json, json_string, texts};
use std::collections::BTreeSet;
use std::path::Path;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_ports::limits::MAX_RECORD_BYTES;
use watchkeeper_ports::{BatchBuilder, EventBus as _, Topic};

pub(super) fn inputs() -> Vec<Vec<u8>> {
    let of_texts = texts().into_iter().flat_map(|(_, text)| {
        let object = [b"{\"msg\":", &json_string(&text)[..], b"}"].concat();
        [text, object]
    });
    let of_times = TIMES.into_iter().map(|time| format!("{{\"time\":{time},\"msg\":\"x\"}}").into_bytes());
    let own =
        TIMES.into_iter().map(|time| format!("{{\"@id\":{time},\"@v\":{time},\"msg\":\"x\"}}").into_bytes());
    let all = of_texts.chain(json().into_iter().map(|(_, item)| item)).chain(of_times).chain(own);
    // A longer one cannot be put there.
    all.map(|mut record| {
        record.truncate(MAX_RECORD_BYTES - 10);
        record
    })
    .collect()
}

/// Puts them on the bus of an `up` that does not run, each with a good one behind it, whose numbers are added.
pub(super) fn put_on_the_bus(data_dir: &Path, inputs: &[Vec<u8>], good: &mut BTreeSet<u64>) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let bus = EmbeddedBus::open(data_dir, &EmbeddedOptions::default()).unwrap();
        for input in inputs {
            let number = good.len() as u64;
            let neighbour = format!(r#"{{"service":"{GOOD}","message":"{number}"}}"#);
            let mut batch = BatchBuilder::default();
            batch.push(b"odd", input);
            batch.push(b"odd", neighbour.as_bytes());
            bus.publish(&Topic::EVENTS, batch.finish()).await.unwrap();
            good.insert(number);
        }
    });
}
