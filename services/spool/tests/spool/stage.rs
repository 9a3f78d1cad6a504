//! A role that publishes to a bus with a spool.

use crate::scripted_bus::ScriptedBus;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_ports::{BatchBuilder, EventBus, PortError, RecordBatch, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_spool::{SpoolPort, SpoolState, SpooledBus};

/// How often a test looks whether something is so by now.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long anything may take before its test fails. Paused time runs ahead while the disk is at work; in a
/// day of it the role looks at the spool many thousand times, which takes seconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(24 * 3600);
pub(crate) const MUCH: u64 = 1 << 30;

/// What is published to: not the topic that the spool knows from the start.
pub(crate) fn events() -> Topic {
    Topic::named("events")
}

/// The spool as the executable opens it.
pub(crate) fn spool_in(dir: &Path, max_bytes: u64) -> Arc<dyn EventBus> {
    let options = EmbeddedOptions {
        bus_retention: Duration::ZERO,
        max_backlog_bytes: max_bytes,
        ..EmbeddedOptions::default()
    };
    Arc::new(EmbeddedBus::open(dir, &options).unwrap())
}

/// One record of that key.
pub(crate) fn record(key: &str) -> RecordBatch {
    let mut batch = BatchBuilder::default();
    batch.push(key.as_bytes(), b"value");
    batch.finish()
}

/// A role with a spool.
pub(crate) struct Role {
    pub(crate) bus: Arc<ScriptedBus>,
    pub(crate) context: RoleContext,
    pub(crate) spooled: Arc<SpooledBus>,
    pub(crate) running: JoinHandle<RoleResult>,
    _directory: TempDir,
}

impl Role {
    pub(crate) fn start(max_bytes: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spool = spool_in(directory.path(), max_bytes);
        Self::with(directory, Ok(spool))
    }

    pub(crate) fn with(directory: TempDir, spool: SpoolPort) -> Self {
        let (bus, context) = (ScriptedBus::new([]), RoleContext::detached("test"));
        let spooled = SpooledBus::new(&context, bus.clone(), Some(spool), Topic::METRICS).unwrap();
        let spooled = Arc::new(spooled);
        let running = tokio::spawn({
            let (spooled, context) = (spooled.clone(), context.clone());
            async move {
                context.set_status("at work");
                spooled.run().await
            }
        });
        Self { bus, context, spooled, running, _directory: directory }
    }

    pub(crate) async fn publish(&self, key: &str) -> Result<(), PortError> {
        self.spooled.publish(&events(), record(key)).await
    }

    pub(crate) async fn accepted(&self, keys: &[&str]) {
        for key in keys {
            self.publish(key).await.unwrap_or_else(|error| panic!("{key}: {error}"));
        }
    }

    /// Waits until the bus has taken these, in this order and no others.
    pub(crate) async fn taken(&self, keys: &[&str]) {
        let all = timeout(PATIENCE, self.bus.until(|bus| bus.keys(&events()).len() >= keys.len())).await;
        assert!(all.is_ok(), "{:?}", self.bus.keys(&events()));
        assert_eq!(self.bus.keys(&events()), keys);
    }

    /// Waits until records go directly.
    pub(crate) async fn is_direct(&self) {
        let spooled = || self.metric("watchkeeper_test_spooled_records_total");
        let probed = async {
            loop {
                let before = spooled();
                self.accepted(&["probe"]).await;
                if spooled() == before {
                    break;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, probed).await.expect("records go directly in the end");
    }

    /// Publishes a record until it is accepted.
    pub(crate) async fn accepted_in_the_end(&self, key: &str) {
        let accepted = async {
            while self.publish(key).await.is_err() {
                sleep(LOOK_EVERY).await;
            }
        };
        timeout(PATIENCE, accepted).await.expect("a record is accepted in the end");
    }

    pub(crate) async fn says_in_the_end(&self, is_so: impl Fn(&str) -> bool) {
        let said = async {
            while !is_so(&self.says()) {
                sleep(LOOK_EVERY).await;
            }
        };
        let said = timeout(PATIENCE, said).await;
        assert!(said.is_ok(), "{}", self.says());
    }

    pub(crate) async fn is_in_the_end(&self, is_so: impl Fn(SpoolState) -> bool) {
        let is = async {
            while !is_so(self.spooled.state()) {
                sleep(LOOK_EVERY).await;
            }
        };
        let is = timeout(PATIENCE, is).await;
        assert!(is.is_ok(), "{:?}", self.spooled.state());
    }

    pub(crate) fn says(&self) -> String {
        self.context.roster().roles()["test"].to_string()
    }

    /// A metric without its fraction.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let metrics =
            prometheus::TextEncoder::new().encode_to_string(&self.context.registry().gather()).unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"));
        value.split('.').next().unwrap().parse().unwrap()
    }
}
