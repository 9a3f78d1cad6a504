//! Running a process of roles until it ends.

use anyhow::bail;
use std::time::Duration;
use tokio::runtime;
use watchkeeper_runtime::Ended;

/// Threads that run the roles. The work that takes long (SQLite, decompression) has threads of its own.
const WORKER_THREADS: usize = 2;

/// How long threads that are still blocked may take to return at the end.
const LAST_THREADS: Duration = Duration::from_secs(2);

/// Runs `work` and waits for its end.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let tokio = runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()?;
    let done = tokio.block_on(work)?;
    // A read of a dead disk may never return; it must not hold up the end.
    tokio.shutdown_timeout(LAST_THREADS);
    Ok(done)
}

/// Runs `process`, which starts the roles and waits for their end, and says how that was.
pub(super) fn run_to_the_end(process: impl Future<Output = anyhow::Result<Ended>>) -> anyhow::Result<()> {
    match block_on(process)? {
        Ended::Stopped => Ok(()),
        Ended::Failed(reason) => bail!(reason),
        Ended::CutShort(reason) => bail!("stopped before everything was finished: {reason}"),
    }
}
