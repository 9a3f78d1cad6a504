//! Runs a process until it ends.

use super::RoleFailed;
use std::time::Duration;
use tokio::runtime;
use watchkeeper_runtime::{Ended, STOP_TIMEOUT};

/// Async worker threads. Blocking work (SQLite, decompression) runs on other threads.
const WORKER_THREADS: usize = 2;

/// How long to wait at exit for threads that are still blocked, such as those in which consumers leave their groups. With
/// [`STOP_TIMEOUT`] it is within the 5 s in which a stop ends.
pub(crate) const LAST_THREADS: Duration = Duration::from_secs(1);
const _: () = assert!(STOP_TIMEOUT.as_secs() + LAST_THREADS.as_secs() < 5);

/// Runs `work` to completion.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let tokio = runtime::Builder::new_multi_thread().worker_threads(WORKER_THREADS).enable_all().build()?;
    let done = tokio.block_on(work)?;
    // A read from a dead disk may never return; it must not delay the exit.
    tokio.shutdown_timeout(LAST_THREADS);
    Ok(done)
}

/// Runs `process` to its end, and turns a failure into an error.
pub(super) fn run_to_the_end(process: impl Future<Output = anyhow::Result<Ended>>) -> anyhow::Result<()> {
    match block_on(process)? {
        // What was cut is logged. A stop on request is no failure of the unit, also while an engine does not answer.
        Ended::Stopped | Ended::CutShort(_) => Ok(()),
        Ended::Failed(reason) => Err(RoleFailed(reason).into()),
    }
}
