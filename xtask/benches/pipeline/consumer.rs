//! The role that stores a kind of record.

use crate::database::{Database, Server};
use crate::role::Running;
use crate::stored::{Counted, Stored};
use anyhow::ensure;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often to check its progress.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Timeout without progress.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its configuration.
pub(crate) struct Consumer<'a> {
    pub(crate) executable: &'a Path,
    pub(crate) kafka: &'a str,
    pub(crate) redis: &'a str,
    pub(crate) partitions: u16,
    pub(crate) role: &'static str,
    /// The name of what it stores in metrics.
    pub(crate) items: &'static str,
}

/// A scrape of its `/metrics`, with the time.
struct Look {
    at: Instant,
    stored: f64,
    transactions: f64,
    storing: Duration,
    client: Duration,
    server: Duration,
}

impl Consumer<'_> {
    /// Lets it store the topic, which has so many records, in an empty database.
    pub(crate) fn store(&self, server: &Server, database: &Database, records: u32) -> anyhow::Result<Stored> {
        let dir = tempfile::tempdir()?;
        let begun = Instant::now();
        let mut running =
            Running::start(self.executable, self.role, &self.configuration(database), dir.path())?;
        let first = self.wait_for(&mut running, 1, server)?;
        let last = self.wait_for(&mut running, records, server)?;
        let peak_bytes = running.peak_bytes()?;
        running.stop()?;
        Ok(Stored {
            rows: Counted { count: last.stored - first.stored, took: last.at - first.at },
            server: last.server.saturating_sub(first.server),
            client: last.client.saturating_sub(first.client),
            first_after: first.at - begun,
            storing: last.storing.saturating_sub(first.storing),
            transactions: last.transactions - first.transactions,
            peak_bytes: Some(peak_bytes),
        })
    }

    /// A role in its own process accepts no embedded backends, not even unused ones.
    fn configuration(&self, database: &Database) -> String {
        format!(
            "[log]\nlevel = \"warn\"\n\
             [backends]\nbus = {:?}\nstore = {:?}\ncache = {:?}\n\
             rollups = \"mongodb://127.0.0.1:1/unused\"\n\
             [backends.kafka]\npartitions = {}\n\
             [{}]\nretention = \"3660d\"\n",
            self.kafka, database.url, self.redis, self.partitions, self.role,
        )
    }

    /// Waits until at least that many items are stored.
    fn wait_for(&self, running: &mut Running, items: u32, server: &Server) -> anyhow::Result<Look> {
        let (mut moved, mut before) = (Instant::now(), 0.0);
        loop {
            if let Some(metrics) = running.metrics()? {
                let at = Instant::now();
                let stored = metrics.value(&format!("watchkeeper_{}_{}_stored_total", self.role, self.items));
                if stored >= f64::from(items) {
                    let append =
                        |what| metrics.value(&format!("watchkeeper_{}_append_seconds_{what}", self.role));
                    return Ok(Look {
                        at,
                        stored,
                        transactions: append("count"),
                        storing: Duration::from_secs_f64(append("sum")),
                        client: running.cpu_time()?,
                        server: server.cpu_time()?,
                    });
                }
                if stored > before {
                    (moved, before) = (at, stored);
                }
            }
            ensure!(moved.elapsed() < PATIENCE, "{before} of {items} are stored, and no more come");
            #[expect(
                clippy::disallowed_methods,
                reason = "polling without a pause would slow down what is measured"
            )]
            thread::sleep(LOOK_EVERY);
        }
    }
}
