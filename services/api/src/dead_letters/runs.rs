//! The runs of this process.

use super::run::Run;
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;

/// Number of runs kept; beyond it the oldest ended one is dropped.
pub(super) const MAX_RUNS: usize = 16;

/// The runs of this process. Only one is in progress at a time.
#[derive(Default)]
pub(super) struct Runs {
    newest_first: Mutex<VecDeque<Arc<Run>>>,
}

impl Runs {
    /// Adds a run, unless another is in progress, which is returned then.
    pub(super) fn begin(&self, run: Arc<Run>) -> Result<(), Arc<Run>> {
        let mut runs = self.lock();
        if let Some(going_on) = runs.iter().find(|run| run.is_running()) {
            return Err(Arc::clone(going_on));
        }
        runs.push_front(run);
        runs.truncate(MAX_RUNS);
        Ok(())
    }

    pub(super) fn all(&self) -> Vec<Arc<Run>> {
        self.lock().iter().cloned().collect()
    }

    pub(super) fn of_id(&self, id: &str) -> Option<Arc<Run>> {
        self.lock().iter().find(|run| run.id == id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.newest_first.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_util::sync::CancellationToken;
    use watchkeeper_wire::dead_letter::Settlement;
    use watchkeeper_wire::json::RunState;

    #[test]
    fn one_run_goes_on_at_a_time_and_the_last_few_are_remembered() {
        let runs = Runs::default();
        let run = || Arc::new(Run::new(Settlement::Replayed, 1, CancellationToken::default()));
        let first = run();
        runs.begin(Arc::clone(&first)).ok().unwrap();
        assert_eq!(runs.begin(run()).err().unwrap().id, first.id);
        first.end(RunState::Done, None);
        for _ in 0..MAX_RUNS {
            let next = run();
            runs.begin(Arc::clone(&next)).ok().unwrap();
            next.end(RunState::Done, None);
        }
        assert_eq!(runs.all().len(), MAX_RUNS);
        assert!(runs.of_id(&first.id).is_none());
    }
}
