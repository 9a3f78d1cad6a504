//! A record that cannot be stored.

use std::path::Path;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_ports::{BatchBuilder, EventBus as _, Topic};

/// Puts it on the bus of an `up` that does not run: over HTTP it would be refused.
pub(crate) fn poison(data_dir: &Path) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio.block_on(async {
        let bus = EmbeddedBus::open(data_dir, &EmbeddedOptions::default()).unwrap();
        let mut batch = BatchBuilder::default();
        batch.push(b"demo/poison", br#"{"source":"demo","name":"poison"}"#);
        bus.publish(&Topic::METRICS, batch.finish()).await.unwrap();
    });
}
