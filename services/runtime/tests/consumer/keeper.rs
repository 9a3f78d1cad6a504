//! A consumer that does as its stage says.

use crate::stage::{Call, Did, Stage, partition};
use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use watchkeeper_ports::{Offset, PortError, Position, ReceivedBatch, TopicId, TopicPartition};
use watchkeeper_runtime::Heartbeat;
use watchkeeper_runtime::consumer::Consumer;

/// Keeps what it takes.
pub(crate) struct Keeper {
    stage: Arc<Stage>,
    in_hand: Vec<ReceivedBatch>,
    linger: Duration,
    max_records: usize,
    begin_at: Option<Offset>,
    /// How long beginning and storing take.
    takes: Duration,
    never_begins: bool,
    /// When it wants to be woken, and whether something is to be stored then.
    wakes: VecDeque<(Instant, bool)>,
}

impl Keeper {
    /// One that stores when it has ten records, or after an hour.
    pub(crate) fn patient(stage: &Arc<Stage>) -> Self {
        let (stage, in_hand) = (Arc::clone(stage), Vec::new());
        let (linger, wakes) = (Duration::from_secs(3600), VecDeque::new());
        let takes = Duration::ZERO;
        Self { stage, in_hand, linger, max_records: 10, begin_at: None, takes, never_begins: false, wakes }
    }

    /// One that stores at once.
    pub(crate) fn hasty(stage: &Arc<Stage>) -> Self {
        Self::patient(stage).lingering(Duration::ZERO)
    }

    pub(crate) fn lingering(self, linger: Duration) -> Self {
        Self { linger, ..self }
    }

    pub(crate) fn taking(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    pub(crate) fn beginning_at(self, offset: Offset) -> Self {
        Self { begin_at: Some(offset), ..self }
    }

    /// Does not come to an end of what it does at an assignment.
    pub(crate) fn never_beginning(self) -> Self {
        Self { never_begins: true, ..self }
    }

    /// Wants to be woken after that long, the earliest first, and says then whether to store.
    pub(crate) fn woken_after<const N: usize>(self, wakes: [(Duration, bool); N]) -> Self {
        let now = Instant::now();
        Self { wakes: wakes.map(|(after, must_store)| (now + after, must_store)).into(), ..self }
    }

    fn offsets(&self) -> Vec<Offset> {
        self.in_hand.iter().flat_map(|batch| batch.offsets.clone()).collect()
    }
}

impl Consumer for Keeper {
    const STORE: &'static str = "shelf";

    async fn check(&self) -> Result<(), PortError> {
        self.stage.check(Call::Check)
    }

    async fn begin(
        &mut self,
        partitions: &[TopicPartition],
        topic_id: &TopicId,
        _: &Heartbeat,
    ) -> Result<Vec<Position>, PortError> {
        assert_eq!((partitions, topic_id), (&[partition()][..], &self.stage.topic_id()));
        self.stage.did(Did::Begin);
        sleep(self.takes).await;
        if self.never_begins {
            pending::<()>().await;
        }
        self.stage.check(Call::Begin)?;
        Ok(self.begin_at.map(|next| Position { partition: partition(), next }).into_iter().collect())
    }

    fn push(&mut self, batch: ReceivedBatch) {
        self.stage.did(Did::Take(batch.offsets.clone()));
        self.in_hand.push(batch);
    }

    fn linger(&self) -> Duration {
        self.linger
    }

    fn capacity(&self) -> usize {
        self.max_records - self.offsets().len()
    }

    async fn store(&mut self, _: &Heartbeat) -> Result<Vec<Position>, PortError> {
        self.stage.did(Did::Store(self.offsets()));
        sleep(self.takes).await;
        self.stage.check(Call::Store)?;
        let last = self.in_hand.drain(..).next_back();
        Ok(last.map(|batch| Position { partition: batch.partition, next: batch.next }).into_iter().collect())
    }

    fn reset(&mut self) {
        self.stage.did(Did::Forget);
        self.in_hand.clear();
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        assert_eq!(partitions, [partition()]);
        self.stage.did(Did::Release);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.wakes.front().map(|&(at, _)| at)
    }

    async fn on_deadline(&mut self, _: &Heartbeat) -> bool {
        self.stage.did(Did::Wake);
        self.wakes.pop_front().is_some_and(|(_, must_store)| must_store)
    }
}
