//! The targets that are collected from, each in a task of its own, and what a reload makes of them.

use crate::changes::{Changes, SameName};
use crate::collect::Collecting;
use crate::schedule::Schedule;
use crate::target::Sources;
use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::JoinMap;
use tracing::Instrument as _;
use watchkeeper_domain::Timestamp;

/// The tasks, by the name of the target and the number of the reload that started it.
pub(crate) type Tasks = JoinMap<(Arc<str>, u64), ()>;

/// All targets of a configuration.
pub(crate) struct Followed<S: Sources> {
    collecting: Arc<Collecting>,
    sources: S,
    definitions: HashMap<Arc<str>, S::Definition>,
    /// Each ends the task of its target, once its collection is complete.
    stops: HashMap<Arc<str>, CancellationToken>,
    /// Also of targets that have been removed, until they end.
    tasks: Tasks,
    reloads: u64,
}

impl<S: Sources> Followed<S> {
    pub(crate) fn new(collecting: Arc<Collecting>, sources: S) -> Self {
        Self {
            collecting,
            sources,
            definitions: HashMap::new(),
            stops: HashMap::new(),
            tasks: Tasks::new(),
            reloads: 0,
        }
    }

    /// Starts, replaces and stops targets, so that they are those of `config`. A target that is the same keeps its
    /// schedule and state. A changed one waits for the rest of its interval, as after a restart.
    ///
    /// # Errors
    /// Two targets of one name: nothing is changed then.
    pub(crate) fn apply(&mut self, config: &S::Config) -> Result<(), SameName> {
        let configured = self.sources.definitions(config);
        let changes = Changes::between(&self.definitions, configured)?;
        if self.reloads > 0 && !changes.are_none() {
            tracing::info!("targets reloaded: {changes}");
        }
        self.reloads += 1;
        self.collecting.marks.forget_older(Timestamp::now());
        for name in changes.removed {
            self.definitions.remove(&name);
            self.stop(&name);
        }
        for (name, definition) in changes.added.into_iter().chain(changes.changed) {
            self.stop(&name);
            self.start(name, definition);
        }
        self.collecting.metrics.targets.set(i64::try_from(self.definitions.len()).unwrap_or(i64::MAX));
        Ok(())
    }

    fn start(&mut self, name: Arc<str>, definition: S::Definition) {
        let collecting = Arc::clone(&self.collecting);
        let target = self.sources.open(&definition);
        let since_begun = collecting.marks.last_begun(&name).map(|at| Timestamp::now().since(at));
        let schedule = Schedule::starting(&name, target.timing(), since_begun, collecting.started.elapsed());
        let stop = collecting.context.shutdown().child_token();
        let task = collecting.follow(Arc::clone(&name), target, schedule, stop.clone());
        self.tasks.spawn((Arc::clone(&name), self.reloads), task.in_current_span());
        self.stops.insert(Arc::clone(&name), stop);
        self.definitions.insert(name, definition);
    }

    /// The target completes the collection that is running.
    fn stop(&mut self, name: &str) {
        if let Some(stop) = self.stops.remove(name) {
            stop.cancel();
        }
    }

    /// Waits until a target panics, and tells which.
    pub(crate) async fn panicked(&mut self) -> String {
        loop {
            match self.tasks.join_next().await {
                Some(((target, _), Err(error))) => return format!("{target}: {error}"),
                Some((_, Ok(()))) => {}
                None => return pending().await,
            }
        }
    }

    /// The tasks that have not ended.
    pub(crate) fn into_tasks(self) -> Tasks {
        self.tasks
    }
}
