//! One replay or discard, in the background.

use super::Which;
use super::batch::{BATCH_LETTERS, Batch};
use super::original::{Original, original};
use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use watchkeeper_domain::Timestamp;
use watchkeeper_letters::{Letters, NotNow, Reader};
use watchkeeper_ports::{Failure, Offset, PortError, RecordBatch, Topic, TopicPartition};
use watchkeeper_query::random_id;
use watchkeeper_runtime::http::Problem;
use watchkeeper_runtime::millis;
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId, Settlement};
use watchkeeper_wire::json::{DeadLetterRun, RunAction, RunState};

/// Dead letters per read. A bus returns fewer if they are large.
const READ_RECORDS: usize = 1_000;
/// A run is aborted after this many dead letters that cannot be replayed.
pub(super) const MAX_REFUSED: usize = 1_000;
/// Attempts per call of the bus; with [`RETRY_AT_MOST`] they take about a minute.
pub(super) const TRIES: usize = 12;
const RETRY_AT_LEAST: Duration = Duration::from_millis(100);
const RETRY_AT_MOST: Duration = Duration::from_secs(10);

pub(crate) struct Run {
    pub(super) id: String,
    settlement: Settlement,
    total: u64,
    started_at: Timestamp,
    stop: CancellationToken,
    progress: watch::Sender<Progress>,
}

/// The progress of a run.
#[derive(Clone, Debug, Default)]
struct Progress {
    settled: u64,
    refused: u64,
    /// Dead letters that their topic no longer retains.
    gone: u64,
    reason: Option<String>,
    ended: Option<(RunState, Timestamp)>,
}

/// Why a run ends early.
enum Halt {
    Stopped,
    Failed(String),
}

/// The result for some of the dead letters.
enum Part {
    Settled,
    /// The bus rejects one of their records or markers, and none of them is settled.
    Rejected(String),
}

/// The end of each partition when a run started: records that are rejected during the run come after.
type Ends = HashMap<TopicPartition, Offset>;

impl Run {
    /// A run that settles `total` dead letters, until `stop` is cancelled.
    pub(super) fn new(settlement: Settlement, total: u64, stop: CancellationToken) -> Self {
        let (id, started_at) = (random_id(), Timestamp::now());
        Self { id, settlement, total, started_at, stop, progress: watch::Sender::default() }
    }

    pub(super) fn is_running(&self) -> bool {
        self.progress.borrow().ended.is_none()
    }

    /// Stops it after the dead letters in flight.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&self) {
        // The sender lives as long as this.
        let _ = self.progress.subscribe().wait_for(|progress| progress.ended.is_some()).await;
    }

    /// Its state; `waiting` is the number of all pending dead letters.
    pub(super) fn shown(&self, waiting: u64) -> DeadLetterRun {
        let Progress { settled, refused, gone, reason, ended } = self.progress.borrow().clone();
        let state = ended.map_or(RunState::Running, |(state, _)| state);
        let left = self.total.saturating_sub(settled + refused + gone);
        let (action, replayed, discarded) = match self.settlement {
            Settlement::Replayed => (RunAction::Replay, settled, 0),
            Settlement::Discarded => (RunAction::Discard, 0, settled),
        };
        DeadLetterRun {
            id: self.id.clone(),
            action,
            state,
            total: self.total,
            replayed,
            discarded,
            refused,
            // If the index does not list all, `total` is not exact.
            left: if state == RunState::Done { 0 } else { left },
            waiting,
            reason,
            started_at: self.started_at.to_string(),
            ended_at: ended.map(|(_, at)| at.to_string()),
        }
    }

    /// Settles the dead letters, oldest first, and records the outcome.
    pub(super) async fn go(&self, letters: &Letters, which: Which) {
        let mut working = Working {
            run: self,
            letters,
            reader: Reader::new(&**letters.bus(), READ_RECORDS),
            refused: HashSet::new(),
        };
        let outcome = match which {
            Which::Ids(ids) => working.settle(&ids).await,
            Which::All(ends) => working.settle_all(&ends).await,
        };
        let (state, reason) = match outcome {
            Ok(()) => (RunState::Done, None),
            Err(Halt::Stopped) => (RunState::Stopped, None),
            Err(Halt::Failed(reason)) => (RunState::Failed, Some(reason)),
        };
        self.end(state, reason);
    }

    pub(super) fn end(&self, state: RunState, reason: Option<String>) {
        self.progress.send_modify(|progress| {
            progress.reason = reason.or(progress.reason.take());
            progress.ended = Some((state, Timestamp::now()));
        });
        let Progress { settled, refused, reason, .. } = self.progress.borrow().clone();
        let action = self.settlement;
        tracing::info!(
            run = self.id,
            ?action,
            ?state,
            settled,
            refused,
            error = reason,
            "dead-letter run ended"
        );
    }
}

/// A run in progress.
struct Working<'r> {
    run: &'r Run,
    letters: &'r Letters,
    reader: Reader<'r>,
    refused: HashSet<LetterId>,
}

impl Working<'_> {
    /// Settles all that were pending when the run started. Unlisted ones follow once others are settled.
    async fn settle_all(&mut self, ends: &Ends) -> Result<(), Halt> {
        loop {
            let mut after = None;
            while let Some(ids) = self.meant_after(after.as_ref(), ends) {
                self.settle(&ids).await?;
                after = ids.last().cloned();
            }
            let has_settled = after.is_some();
            if !has_settled || !self.letters.more_than(self.refused.len()).await? {
                return Ok(());
            }
        }
    }

    /// The next selected ones; `None` if there are none.
    fn meant_after(&self, after: Option<&LetterId>, ends: &Ends) -> Option<Vec<LetterId>> {
        let is_meant = |id: &LetterId| {
            ends.get(&id.partition).is_some_and(|end| id.offset < *end) && !self.refused.contains(id)
        };
        let next =
            self.letters.known(|ledger| ledger.after(after).filter(is_meant).take(BATCH_LETTERS).collect());
        Some(next).filter(|ids: &Vec<_>| !ids.is_empty())
    }

    async fn settle(&mut self, ids: &[LetterId]) -> Result<(), Halt> {
        let mut rest = ids;
        while !rest.is_empty() {
            if self.run.stop.is_cancelled() {
                return Err(Halt::Stopped);
            }
            let (taken, part) = self.settle_some(rest).await?;
            let (group, left) = rest.split_at(taken);
            if let Part::Rejected(_) = part {
                self.settle_each(group).await?;
            }
            rest = left;
        }
        Ok(())
    }

    /// One by one, to find the one that is rejected.
    async fn settle_each(&mut self, ids: &[LetterId]) -> Result<(), Halt> {
        for id in ids {
            if let (_, Part::Rejected(reason)) = self.settle_some(std::slice::from_ref(id)).await? {
                self.refuse(id, &reason)?;
            }
        }
        Ok(())
    }

    /// Settles the first batch of the dead letters; returns its length.
    async fn settle_some(&mut self, ids: &[LetterId]) -> Result<(usize, Part), Halt> {
        let (mut batch, mut taken, mut lost) = (Batch::new(self.run.settlement), 0, Vec::new());
        while !batch.is_full()
            && let Some(id) = ids.get(taken)
        {
            taken += 1;
            let mut tries = Tries::of(self.run);
            while let Err(error) = self.reader.load(id).await {
                tries.failed(error).await?;
            }
            let letter = self.reader.loaded(id).and_then(|record| DeadLetter::read(record).ok());
            let Some(letter) = letter else {
                self.letters.settle(std::slice::from_ref(id));
                self.run.progress.send_modify(|progress| progress.gone += 1);
                continue;
            };
            if self.run.settlement == Settlement::Discarded {
                batch.push(id.clone(), &letter);
                continue;
            }
            let found = loop {
                match original(&**self.letters.bus(), &letter).await {
                    Ok(found) => break found,
                    Err(error) => tries.failed(error).await?,
                }
            };
            match found {
                Original::InTheLetter => batch.push(id.clone(), &letter),
                Original::AtItsPosition(found) => {
                    batch.push(id.clone(), &DeadLetter { record: found.records.get(0), ..letter });
                }
                Original::Lost(reason) => lost.push((id, reason)),
            }
        }
        let publications = batch.finish();
        for (topic, records) in publications.in_order {
            if let Part::Rejected(reason) = self.publish(&topic, records).await? {
                return Ok((taken, Part::Rejected(reason)));
            }
        }
        self.letters.settle(&publications.ids);
        self.run.progress.send_modify(|progress| progress.settled += publications.ids.len() as u64);
        for (id, reason) in lost {
            self.refuse(id, &reason)?;
        }
        Ok((taken, Part::Settled))
    }

    async fn publish(&self, topic: &Topic, records: RecordBatch) -> Result<Part, Halt> {
        let mut tries = Tries::of(self.run);
        loop {
            match self.letters.bus().publish(topic, records.clone()).await {
                Ok(()) => return Ok(Part::Settled),
                Err(PortError::Rejected { reason, .. }) => return Ok(Part::Rejected(reason)),
                Err(error) => tries.failed(error).await?,
            }
        }
    }

    /// The dead letter stays pending.
    fn refuse(&mut self, id: &LetterId, reason: &str) -> Result<(), Halt> {
        let reason = format!("{id} cannot be replayed: {reason}");
        if !self.refused.insert(id.clone()) {
            return Ok(());
        }
        self.run.progress.send_modify(|progress| {
            progress.refused += 1;
            progress.reason = Some(reason.clone());
        });
        if self.refused.len() < MAX_REFUSED {
            return Ok(());
        }
        Err(Halt::Failed(format!("{MAX_REFUSED} dead letters cannot be replayed; the last: {reason}")))
    }
}

/// The attempts of one call of the bus.
struct Tries<'r> {
    run: &'r Run,
    waits: ExponentialBackoff,
}

impl<'r> Tries<'r> {
    fn of(run: &'r Run) -> Self {
        let waits = ExponentialBuilder::default()
            .with_min_delay(RETRY_AT_LEAST)
            .with_max_delay(RETRY_AT_MOST)
            .with_max_times(TRIES - 1)
            .build();
        Self { run, waits }
    }

    /// Waits for the next attempt, or returns why there is none.
    async fn failed(&mut self, error: PortError) -> Result<(), Halt> {
        let wait = self.waits.next().filter(|_| error.failure() == Failure::Retry);
        let retry_in_ms = wait.map(millis);
        tracing::warn!(run = self.run.id, %error, retry_in_ms, "dead-letter run: a call failed");
        let Some(wait) = wait else { return Err(error.into()) };
        match timeout(wait, self.run.stop.cancelled()).await {
            Ok(()) => Err(Halt::Stopped),
            Err(_) => Ok(()),
        }
    }
}

/// Details that only an operator can use stay in the log.
impl From<PortError> for Halt {
    fn from(error: PortError) -> Self {
        Self::Failed(Problem::from(error).detail().to_owned())
    }
}

impl From<NotNow> for Halt {
    fn from(not_now: NotNow) -> Self {
        match not_now {
            NotNow::Reading(_) => Self::Failed(not_now.to_string()),
            NotNow::Bus(error) => error.into(),
        }
    }
}
