//! Reports in SQL over `events.db` and `store.db`.

mod answer;
mod reader;

use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use watchkeeper_ports::{PortError, REPORT, ReportQuery, Reports, Table};

/// Reports that run at the same time; others wait for as long as they may take.
const AT_ONCE: usize = 2;

/// Reports over the databases of events and samples in one directory. Each has a connection of its own, which can only
/// read.
pub struct EmbeddedReports {
    events: PathBuf,
    samples: PathBuf,
    turns: Arc<Semaphore>,
}

impl EmbeddedReports {
    /// Reports on the stores in `dir`, which are opened elsewhere and must be by the first report.
    pub fn of(dir: &Path) -> Self {
        let [events, samples] = ["events.db", "store.db"].map(|name| dir.join(name));
        Self { events, samples, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

/// Tells the thread that runs a report when nobody waits for it any more.
#[derive(Default)]
struct Caller {
    is_gone: Arc<AtomicBool>,
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.is_gone.store(true, Ordering::Relaxed);
    }
}

#[async_trait]
impl Reports for EmbeddedReports {
    async fn run(&self, query: &ReportQuery) -> Result<Table, PortError> {
        let busy = |reason: String| PortError::Unavailable { what: REPORT, reason };
        let Ok(turn) = timeout(query.within, Arc::clone(&self.turns).acquire_owned()).await else {
            return Err(busy(format!("{AT_ONCE} other reports are running")));
        };
        let turn = turn.map_err(|closed| busy(closed.to_string()))?;
        let caller = Caller::default();
        let (is_gone, events, samples) = (caller.is_gone.clone(), self.events.clone(), self.samples.clone());
        let (query, deadline) = (query.clone(), Instant::now() + query.within);
        let running = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let must_end = move || is_gone.load(Ordering::Relaxed) || Instant::now() >= deadline;
            let conn = reader::open(&events, &samples, must_end)
                .map_err(|error| PortError::Unavailable { what: REPORT, reason: error.to_string() })?;
            answer::answer(&conn, &query)
        });
        running.await.map_err(|stopped| busy(stopped.to_string()))?
    }
}
