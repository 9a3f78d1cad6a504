//! The persister in its own process, as it is shipped.

use crate::cpu;
use crate::database::{Database, Server};
use crate::stored::{Counted, Stored};
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often to check its progress.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Timeout without progress.
const PATIENCE: Duration = Duration::from_secs(60);

/// Its configuration.
pub(crate) struct Persister<'a> {
    pub(crate) executable: &'a Path,
    pub(crate) kafka: &'a str,
    pub(crate) partitions: u16,
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

impl Persister<'_> {
    /// Lets it store the topic, which has `samples` samples, in an empty database.
    pub(crate) fn store(&self, server: &Server, database: &Database, samples: u32) -> anyhow::Result<Stored> {
        let dir = tempfile::tempdir()?;
        let begun = Instant::now();
        let mut running = Running::start(self, database, dir.path())?;
        let first = running.wait_for(1, server)?;
        let last = running.wait_for(samples, server)?;
        running.stop()?;
        Ok(Stored {
            rows: Counted { count: last.stored - first.stored, took: last.at - first.at },
            server: last.server.saturating_sub(first.server),
            client: last.client.saturating_sub(first.client),
            first_after: first.at - begun,
            storing: last.storing.saturating_sub(first.storing),
            transactions: last.transactions - first.transactions,
        })
    }

    /// A role in its own process accepts no embedded backends, not even unused ones.
    fn configuration(&self, database: &Database, port: u16) -> String {
        format!(
            "[log]\nlevel = \"warn\"\n\
             [listen]\npersister = \"127.0.0.1:{port}\"\n\
             [backends]\nbus = {:?}\nstore = {:?}\ncache = \"redis://127.0.0.1:1\"\n\
             rollups = \"mongodb://127.0.0.1:1/unused\"\n\
             [backends.kafka]\npartitions = {}\n\
             [persister]\nretention = \"3660d\"\n",
            self.kafka, database.url, self.partitions,
        )
    }
}

/// A running persister, which is killed when this is dropped.
struct Running {
    child: Child,
    metrics: String,
}

impl Running {
    fn start(persister: &Persister<'_>, database: &Database, dir: &Path) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let file = dir.join("watchkeeper.toml");
        fs::write(&file, persister.configuration(database, port))?;
        let mut command = Command::new(persister.executable);
        command.args(["run", "persister", "--config"]).arg(file).env("STATE_DIRECTORY", dir);
        let child = command.stdin(Stdio::null()).spawn().context("cannot start the persister")?;
        Ok(Self { child, metrics: format!("http://127.0.0.1:{port}/metrics") })
    }

    /// Waits until at least that many samples are stored.
    fn wait_for(&mut self, samples: u32, server: &Server) -> anyhow::Result<Look> {
        let (mut moved, mut before) = (Instant::now(), 0.0);
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("the persister has ended: {status}");
            }
            // It does not listen immediately.
            if let Ok(metrics) = self.metrics() {
                let at = Instant::now();
                let stored = value(&metrics, "watchkeeper_persister_samples_stored_total");
                if stored >= f64::from(samples) {
                    let append =
                        |what| value(&metrics, &format!("watchkeeper_persister_append_seconds_{what}"));
                    return Ok(Look {
                        at,
                        stored,
                        transactions: append("count"),
                        storing: Duration::from_secs_f64(append("sum")),
                        client: cpu::of(self.child.id())?,
                        server: server.cpu_time()?,
                    });
                }
                if stored > before {
                    (moved, before) = (at, stored);
                }
            }
            ensure!(moved.elapsed() < PATIENCE, "{before} of {samples} samples are stored, and no more come");
            #[expect(
                clippy::disallowed_methods,
                reason = "polling without a pause would slow down what is measured"
            )]
            thread::sleep(LOOK_EVERY);
        }
    }

    fn metrics(&self) -> anyhow::Result<String> {
        Ok(ureq::get(&self.metrics).call()?.body_mut().read_to_string()?)
    }

    /// Stops it, so that it leaves its group and the next one need not wait for that.
    fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the persister has ended: {status}");
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value of a metric without labels; 0 if it does not exist yet.
fn value(metrics: &str, name: &str) -> f64 {
    let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    metrics.lines().find_map(value).unwrap_or_default()
}
