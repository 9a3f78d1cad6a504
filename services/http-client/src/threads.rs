//! Blocking threads, a limited number per client.

use crate::error::HttpError;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// One client's share of tokio's blocking threads, of which there are 512 per process: a server that hangs takes none
/// from other clients.
#[derive(Clone, Debug)]
pub struct Threads(Arc<Semaphore>);

/// A permit to use one of them. Returned when every clone is dropped.
#[derive(Clone)]
pub struct Turn(Option<Arc<OwnedSemaphorePermit>>);

impl Threads {
    /// Limits the number of threads.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// Waits for a permit. Cancel-safe.
    pub async fn turn(&self) -> Turn {
        // Never closed; if it were, only tokio's own limit would apply.
        Turn(Arc::clone(&self.0).acquire_owned().await.ok().map(Arc::new))
    }
}

impl Turn {
    /// Runs `work` and returns its result. When the future is dropped the work continues, and keeps its permit.
    ///
    /// # Errors
    /// [`HttpError::Unreachable`] when it panics.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HttpError> {
        let running = spawn_blocking(move || {
            let _turn = self.0;
            work()
        });
        // Not the text of the panic: it may quote the request.
        running.await.map_err(|_| HttpError::Unreachable("the request was not finished".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;
    use tokio::select;

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_turn_until_it_ends() {
        let threads = Threads::new(1);
        let (end, ended) = sync_channel::<()>(0);
        let turn = threads.turn().await;
        select! {
            biased;
            _ = turn.run(move || ended.recv().unwrap()) => unreachable!("nothing lets it end"),
            () = async {} => {}
        }
        assert_eq!(threads.0.available_permits(), 0);
        end.send(()).unwrap();
        assert_eq!(threads.turn().await.run(|| 7).await, Ok(7));
    }
}
