//! Detects hung loops.

use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a loop may be busy, without waiting for a dependency or for work, before it counts as hung. Shorter
/// than the units' `WatchdogSec`.
pub const MAX_BUSY: Duration = Duration::from_secs(20);
/// How long a loop may wait for a dependency without progress before it counts as hung. No adapter lets a call
/// take that long: an answer that has not arrived by then never will.
pub const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a wait for a dependency may take before the status reports it.
pub const TOLD_AFTER: Duration = Duration::from_secs(5);

/// For tests of the watchdog: the environment variable that names a loop, such as `persister.receive`, which is to hang.
pub(crate) const HANG: &str = "WATCHKEEPER_HANG";

/// The heartbeat of one loop.
///
/// A loop declares its waits: for work through [`Heartbeat::idle`], for a dependency through [`Heartbeat::waiting`].
/// Neither counts as hung, however slow the other side is. A loop that is busy for longer than [`MAX_BUSY`] is
/// hung: it computes without end, blocks its thread, or waits for something that it has not declared. Computation
/// inside a declared wait, whenever it is polled, counts as busy too.
///
/// Waits may be nested: the innermost names the dependency.
#[derive(Debug)]
pub struct Heartbeat {
    watched: Arc<Watched>,
    answers: watch::Sender<()>,
    /// Whether a test has asked for it to hang.
    hangs: bool,
}

/// A loop as the watchdog sees it.
#[derive(Debug)]
struct Watched {
    role: &'static str,
    name: String,
    pulse: Mutex<Pulse>,
}

#[derive(Clone, Copy, Debug)]
struct Pulse {
    doing: Doing,
    /// When a wait last ended, or the loop last reported progress.
    beaten_at: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Doing {
    Working {
        since: Instant,
    },
    Idle,
    /// For the dependency of this name, or for any.
    Waiting {
        since: Instant,
        dependency: Option<&'static str>,
    },
}

impl Heartbeat {
    /// Waits for work: the loop is not hung until `work` arrives.
    pub async fn idle<F: Future>(&self, work: F) -> F::Output {
        self.while_pending(Doing::Idle, work).await
    }

    /// Waits for an answer of `dependency` (`store`, `bus`). A wait that takes longer than [`TOLD_AFTER`] shows in
    /// the role's status, and the role is not ready meanwhile.
    pub async fn waiting<F: Future>(&self, dependency: &'static str, answer: F) -> F::Output {
        self.while_pending(Doing::waiting_for(Some(dependency)), answer).await
    }

    /// Waits for a round of background work that may take long. Only waits that the round itself declares are
    /// reported.
    pub(crate) async fn round<F: Future>(&self, round: F) -> F::Output {
        self.while_pending(Doing::waiting_for(None), round).await
    }

    /// Reports progress of a long round: it counts as restarted. For a round of many bounded steps.
    pub fn beat(&self) {
        self.watched.beat();
    }

    /// `persister.receive`.
    pub(crate) fn name(&self) -> &str {
        &self.watched.name
    }

    async fn while_pending<F: Future>(&self, doing: Doing, future: F) -> F::Output {
        if self.hangs {
            // Not declared, as it is in a loop with such a mistake.
            return pending().await;
        }
        let _ends = Ends { heartbeat: self, doing };
        let mut future = pin!(future);
        let output = poll_fn(|context| {
            self.watched.work();
            let polled = future.as_mut().poll(context);
            if polled.is_pending() {
                self.watched.pend(doing);
            }
            polled
        });
        let output = output.await;
        self.beat();
        output
    }
}

/// Ends a wait, including one that is dropped early.
struct Ends<'a> {
    heartbeat: &'a Heartbeat,
    doing: Doing,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.heartbeat.watched.work();
        if let Doing::Waiting { since, .. } = self.doing
            && since.elapsed() >= TOLD_AFTER
        {
            self.heartbeat.answers.send_replace(());
        }
    }
}

impl Doing {
    fn waiting_for(dependency: Option<&'static str>) -> Self {
        Self::Waiting { since: Instant::now(), dependency }
    }
}

impl Watched {
    fn beat(&self) {
        let now = Instant::now();
        *self.pulse() = Pulse { doing: Doing::Working { since: now }, beaten_at: now };
    }

    fn work(&self) {
        self.pulse().doing = Doing::Working { since: Instant::now() };
    }

    /// What is awaited is pending. An inner wait has already said so, and names the dependency more precisely.
    fn pend(&self, doing: Doing) {
        let mut pulse = self.pulse();
        if let Doing::Working { .. } = pulse.doing {
            pulse.doing = doing;
        }
    }

    fn is_hung(&self) -> bool {
        let Pulse { doing, beaten_at } = *self.pulse();
        match doing {
            Doing::Idle => false,
            Doing::Working { since } => since.elapsed() > MAX_BUSY,
            Doing::Waiting { since, .. } => since.max(beaten_at).elapsed() > MAX_WAIT,
        }
    }

    /// The dependency that is waited for, and for how long.
    fn waits_for(&self) -> Option<(&'static str, Duration)> {
        let Pulse { doing, beaten_at } = *self.pulse();
        match doing {
            Doing::Waiting { since, dependency } => Some((dependency?, since.max(beaten_at).elapsed())),
            Doing::Idle | Doing::Working { .. } => None,
        }
    }

    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock()
    }
}

/// The heartbeats of a process.
#[derive(Debug)]
pub(crate) struct Heartbeats {
    watched: Mutex<Vec<Arc<Watched>>>,
    /// Notified when a long wait has ended.
    answers: watch::Sender<()>,
    /// The loop that a test wants to hang.
    hanging: OnceLock<String>,
}

impl Heartbeats {
    pub(crate) fn new(answers: watch::Sender<()>) -> Self {
        Self { watched: Mutex::default(), answers, hanging: OnceLock::new() }
    }

    /// From now on, a new loop of this name hangs at its first wait. Only the first call counts.
    pub(crate) fn hang(&self, name: String) {
        let _ = self.hanging.set(name);
    }

    /// A new loop of `role`, busy from now on. Loops that have ended are no longer monitored.
    pub(crate) fn start(&self, role: &'static str, loop_name: &str) -> Heartbeat {
        let now = Instant::now();
        let pulse = Mutex::new(Pulse { doing: Doing::Working { since: now }, beaten_at: now });
        let watched = Arc::new(Watched { role, name: format!("{role}.{loop_name}"), pulse });
        let mut all = self.all();
        all.retain(|watched| !has_ended(watched));
        all.push(Arc::clone(&watched));
        let hangs = self.hanging.get() == Some(&watched.name);
        if hangs {
            tracing::warn!(
                loop_name = watched.name,
                "this loop hangs from its first wait on, as {HANG} asks"
            );
        }
        Heartbeat { watched, answers: self.answers.clone(), hangs }
    }

    /// The names of the hung loops.
    pub(crate) fn hung(&self) -> Vec<String> {
        let all = self.all();
        let hung = all.iter().filter(|watched| !has_ended(watched) && watched.is_hung());
        hung.map(|watched| watched.name.clone()).collect()
    }

    /// The dependencies, by role and name, that a loop has been waiting for at least that long, with the longest wait of
    /// each.
    pub(crate) fn waits_of(&self, at_least: Duration) -> BTreeMap<(&'static str, &'static str), Duration> {
        let mut waits = BTreeMap::new();
        for watched in self.all().iter().filter(|watched| !has_ended(watched)) {
            if let Some((dependency, time)) = watched.waits_for()
                && time >= at_least
            {
                let longest = waits.entry((watched.role, dependency)).or_insert(time);
                *longest = time.max(*longest);
            }
        }
        waits
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Watched>>> {
        self.watched.lock()
    }
}

/// Only the watchdog still references the loop.
fn has_ended(watched: &Arc<Watched>) -> bool {
    Arc::strong_count(watched) == 1
}

#[cfg(test)]
mod tests;
