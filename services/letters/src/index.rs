//! The index of pending dead letters.

use crate::looking::{NotNow, Progress};
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};
use watchkeeper_ports::{EventBus, PortError, Watermarks};
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult};
use watchkeeper_wire::dead_letter::{Ledger, LetterId};

/// Maximum number of listed dead letters. That many take about 45 MB, whatever their size.
pub const MAX_LETTERS: usize = 500_000;
/// How long a query waits for the index to catch up with the topics.
pub const LOOK_WITHIN: Duration = Duration::from_secs(2);
/// How often the topics are polled without queries.
const FOLLOW_EVERY: Duration = Duration::from_secs(5);
/// Records per read. A bus returns fewer if they are large.
const READ_RECORDS: usize = 1_000;
/// How long to wait for unlisted dead letters to be read.
const READ_ON_WITHIN: Duration = Duration::from_secs(60);

/// The pending dead letters of a bus. Clones share the index.
#[derive(Clone)]
pub struct Letters(Arc<Shared>);

struct Shared {
    bus: Arc<dyn EventBus>,
    ledger: Mutex<Ledger>,
    /// Held by the follower.
    turn: tokio::sync::Mutex<()>,
    /// Signals that a query waits for new records.
    asked: Notify,
    state: watch::Sender<State>,
}

/// The state of the follower.
#[derive(Clone, Debug, Default)]
struct State {
    /// Whether the topics have been read to their ends once.
    is_whole: bool,
    progress: Progress,
    /// Why the last round failed.
    failure: Option<PortError>,
}

impl Letters {
    /// An index of at most [`MAX_LETTERS`]. It is empty until [`Self::follow`] runs.
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self::at_most(MAX_LETTERS, bus)
    }

    /// An index of at most `most` dead letters.
    pub fn at_most(most: usize, bus: Arc<dyn EventBus>) -> Self {
        Self(Arc::new(Shared {
            bus,
            ledger: Mutex::new(Ledger::at_most(most)),
            turn: tokio::sync::Mutex::new(()),
            asked: Notify::new(),
            state: watch::Sender::default(),
        }))
    }

    /// The bus with the dead-letter topics.
    pub fn bus(&self) -> &Arc<dyn EventBus> {
        &self.0.bus
    }

    /// Follows the topics until shutdown. If several roles follow the same index, one does the work.
    ///
    /// # Errors
    /// None: while the bus is unavailable, queries fail.
    pub async fn follow(&self, context: &RoleContext) -> RoleResult {
        let heartbeat = context.heartbeat("dead-letters");
        let following = async {
            let _turn = heartbeat.idle(self.0.turn.lock()).await;
            loop {
                let round = self.read_on(&heartbeat).await;
                if let Err(error) = &round {
                    tracing::debug!(%error, "cannot follow the dead-letter topics");
                }
                self.0.state.send_modify(|state| {
                    state.is_whole |= round.is_ok();
                    state.failure = round.err();
                });
                let _ = heartbeat.idle(timeout(FOLLOW_EVERY, self.0.asked.notified())).await;
            }
        };
        tokio::select! {
            biased;
            () = context.shutdown().cancelled() => Ok(()),
            never = following => never,
        }
    }

    /// Runs `look` once the index has caught up with the topics as of this call, or with what could be read within
    /// [`LOOK_WITHIN`].
    ///
    /// # Errors
    /// [`NotNow::Reading`] until the topics have been read to their ends once: a dead letter may be settled by a later
    /// record. [`NotNow::Bus`] if the bus is unavailable.
    pub async fn look<T>(&self, look: impl FnOnce(&Ledger) -> T) -> Result<T, NotNow> {
        // The watermarks are read first: the result then includes everything published before this call.
        let watermarks = self.watermarks().await?;
        // Subscribed before the ledger is checked, so that no change in between is missed.
        let mut states = self.0.state.subscribe();
        let until = Instant::now() + LOOK_WITHIN;
        while !self.ledger().knows(&watermarks) || !states.borrow().is_whole {
            self.0.asked.notify_one();
            if timeout_at(until, states.changed()).await.is_err() {
                break;
            }
            if let Some(failure) = &states.borrow_and_update().failure {
                return Err(failure.clone().into());
            }
        }
        let state = states.borrow();
        if state.is_whole { Ok(look(&self.ledger())) } else { Err(NotNow::Reading(state.progress)) }
    }

    /// Runs `look` on the index as it is.
    pub fn known<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&self.ledger())
    }

    /// Removes dead letters that were replayed, discarded, or are no longer retained.
    pub fn settle(&self, ids: &[LetterId]) {
        let mut ledger = self.ledger();
        for id in ids {
            ledger.settle(id);
        }
    }

    /// Waits until more than `few` dead letters are listed, as long as there are unlisted ones. Returns whether more than
    /// `few` are listed.
    ///
    /// # Errors
    /// If the bus is unavailable, or they were not read in time.
    pub async fn more_than(&self, few: usize) -> Result<bool, NotNow> {
        let mut states = self.0.state.subscribe();
        let until = Instant::now() + READ_ON_WITHIN;
        loop {
            let (listed, unlisted) = self.known(|ledger| (ledger.listed(), ledger.unlisted()));
            if listed > few || unlisted == 0 {
                return Ok(listed > few);
            }
            self.0.asked.notify_one();
            if timeout_at(until, states.changed()).await.is_err() {
                return Err(NotNow::Reading(states.borrow().progress));
            }
            if let Some(failure) = &states.borrow_and_update().failure {
                return Err(failure.clone().into());
            }
        }
    }

    /// The watermarks of all partitions of dead-letter topics.
    async fn watermarks(&self) -> Result<Vec<Watermarks>, PortError> {
        let mut watermarks = Vec::new();
        for topic in self.0.bus.topics().await?.iter().filter(|topic| topic.is_dead_letters()) {
            watermarks.extend(self.0.bus.watermarks(topic).await?);
        }
        Ok(watermarks)
    }

    /// Reads new records, and unlisted dead letters if there is room again.
    async fn read_on(&self, heartbeat: &Heartbeat) -> Result<(), PortError> {
        let watermarks = heartbeat.waiting("bus", self.watermarks()).await?;
        self.ledger().reconcile(&watermarks);
        self.read_to_ends(&watermarks, heartbeat).await?;
        let goes_back = self.ledger().go_back();
        if goes_back { self.read_to_ends(&watermarks, heartbeat).await } else { Ok(()) }
    }

    async fn read_to_ends(&self, watermarks: &[Watermarks], heartbeat: &Heartbeat) -> Result<(), PortError> {
        for marks in watermarks {
            self.read_partition(marks, watermarks, heartbeat).await?;
        }
        Ok(())
    }

    async fn read_partition(
        &self,
        Watermarks { partition, low: earliest, high: end }: &Watermarks,
        all: &[Watermarks],
        heartbeat: &Heartbeat,
    ) -> Result<(), PortError> {
        loop {
            let next = self.ledger().next(partition).max(*earliest);
            if next >= *end {
                return Ok(());
            }
            let batch = heartbeat.waiting("bus", self.0.bus.read(partition, next, READ_RECORDS)).await?;
            if batch.next <= next {
                return Ok(());
            }
            let progress = {
                let mut ledger = self.ledger();
                ledger.note(&batch);
                Progress::of(&ledger, all)
            };
            self.0.state.send_if_modified(|state| {
                state.progress = progress;
                false
            });
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.ledger.lock()
    }
}

#[cfg(test)]
mod tests;
