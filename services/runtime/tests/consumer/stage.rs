//! A bus and a consumer that do as a test says, and a log of what was done to them.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    BatchBuilder, Delivery, EventBus, Extent, Group, Lag, Offset, PortError, Position, ReceivedBatch,
    RecordBatch, Subscription, Tail, Topic, TopicPartition,
};
use watchkeeper_runtime::consumer::{Consumer, Source, consume};
use watchkeeper_runtime::{RoleContext, RoleResult};

/// A call, or that it failed. Records are told by their offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Join,
    /// Asked for the next delivery, of at most so many records.
    Ask(usize),
    Begin,
    Seek(Offset),
    Take(Vec<Offset>),
    Store(Vec<Offset>),
    Commit(Vec<Offset>),
    Forget,
    Leave,
    /// The call before this one, or one that is not told otherwise, failed.
    Fail(Call),
}

/// A call that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Check,
    Subscribe,
    Begin,
    Seek,
    Store,
    Commit,
    Lag,
}

pub(crate) fn partition() -> TopicPartition {
    TopicPartition::new(Topic::METRICS, 0)
}

pub(crate) fn assigned() -> Delivery {
    Delivery::Assigned(vec![partition()])
}

pub(crate) fn revoked() -> Delivery {
    Delivery::Revoked(vec![partition()])
}

pub(crate) fn records(offsets: Range<Offset>) -> Delivery {
    let mut records = BatchBuilder::default();
    offsets.clone().for_each(|_| records.push(b"", b""));
    Delivery::Records(ReceivedBatch {
        partition: partition(),
        records: records.finish(),
        next: offsets.end,
        offsets: offsets.collect(),
        appended_at: Timestamp::MIN,
    })
}

pub(crate) fn unavailable() -> PortError {
    PortError::Unavailable { what: "it", reason: "connection refused".into() }
}

pub(crate) fn rejected() -> PortError {
    PortError::Rejected { what: "it", reason: "too long".into() }
}

pub(crate) fn broken() -> PortError {
    PortError::Broken { what: "it", reason: "damaged".into() }
}

pub(crate) fn position_moved() -> PortError {
    PortError::PositionMoved { partition: partition(), expected: 0, found: 5 }
}

/// What the bus gives, what fails, and what was done.
pub(crate) struct Stage {
    deliveries: Mutex<VecDeque<Result<Delivery, PortError>>>,
    more: Notify,
    failures: Mutex<Vec<(Call, PortError)>>,
    log: watch::Sender<Vec<(Instant, Did)>>,
}

impl Stage {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            deliveries: Mutex::default(),
            more: Notify::new(),
            failures: Mutex::default(),
            log: watch::Sender::default(),
        })
    }

    /// The bus gives these, after what it was told before.
    pub(crate) fn gives(&self, deliveries: impl IntoIterator<Item = Delivery>) {
        self.deliveries.lock().unwrap().extend(deliveries.into_iter().map(Ok));
        self.more.notify_one();
    }

    /// The next delivery is a failure.
    pub(crate) fn gives_failure(&self, error: PortError) {
        self.deliveries.lock().unwrap().push_back(Err(error));
        self.more.notify_one();
    }

    /// The next call of that kind fails; told twice, the next two.
    pub(crate) fn fails(&self, call: Call, error: PortError) {
        self.failures.lock().unwrap().push((call, error));
    }

    /// Waits until that was done so often.
    pub(crate) async fn until(&self, did: &Did, times: usize) {
        let enough = |log: &Vec<(Instant, Did)>| log.iter().filter(|(_, done)| done == did).count() >= times;
        self.log.subscribe().wait_for(enough).await.unwrap();
    }

    /// All that was done.
    pub(crate) fn everything(&self) -> Vec<Did> {
        self.log.borrow().iter().map(|(_, did)| did.clone()).collect()
    }

    /// All that was done, but for asking.
    pub(crate) fn done(&self) -> Vec<Did> {
        self.everything().into_iter().filter(|did| !matches!(did, Did::Ask(_))).collect()
    }

    /// When that was done first.
    pub(crate) fn time_of(&self, did: &Did) -> Instant {
        self.log.borrow().iter().find(|(_, done)| done == did).unwrap().0
    }

    /// A consumer at work on this stage.
    pub(crate) fn run(self: &Arc<Self>, keeper: Keeper) -> Running {
        let context = RoleContext::detached("keeper");
        let bus = Arc::new(FakeBus(Arc::clone(self)));
        let source = Source { bus, topic: Topic::METRICS, group: Group::named("keepers") };
        let role = tokio::spawn(consume(context.clone(), source, keeper));
        Running { context, role }
    }

    fn did(&self, did: Did) {
        self.log.send_modify(|log| log.push((Instant::now(), did)));
    }

    fn check(&self, call: Call) -> Result<(), PortError> {
        let mut failures = self.failures.lock().unwrap();
        match failures.iter().position(|(fails, _)| *fails == call) {
            Some(index) => {
                self.did(Did::Fail(call));
                Err(failures.remove(index).1)
            }
            None => Ok(()),
        }
    }
}

/// A consumer at work.
pub(crate) struct Running {
    pub(crate) context: RoleContext,
    role: JoinHandle<RoleResult>,
}

impl Running {
    /// What `systemctl status` shows.
    pub(crate) fn status(&self) -> String {
        self.context.roster().roles()["keeper"].to_string()
    }

    /// The value of a counter or gauge that has no labels of its own, or one partition.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let families = self.context.registry().gather();
        let metric = &families.iter().find(|family| family.name() == name).unwrap().get_metric()[0];
        metric.get_counter().get_value() + metric.get_gauge().get_value()
    }

    /// Asks the role to stop, and says how it ended.
    pub(crate) async fn stop(self) -> RoleResult {
        self.context.shutdown().cancel();
        self.ended().await
    }

    /// Waits until the role ends.
    pub(crate) async fn ended(self) -> RoleResult {
        self.role.await.unwrap()
    }
}

/// Keeps what it takes.
pub(crate) struct Keeper {
    stage: Arc<Stage>,
    in_hand: Vec<ReceivedBatch>,
    linger: Duration,
    max_records: usize,
    begin_at: Option<Offset>,
}

impl Keeper {
    /// One that stores when it has ten records, or after an hour.
    pub(crate) fn patient(stage: &Arc<Stage>) -> Self {
        let (stage, in_hand) = (Arc::clone(stage), Vec::new());
        Self { stage, in_hand, linger: Duration::from_secs(3600), max_records: 10, begin_at: None }
    }

    /// One that stores at once.
    pub(crate) fn hasty(stage: &Arc<Stage>) -> Self {
        Self::patient(stage).lingering(Duration::ZERO)
    }

    pub(crate) fn lingering(self, linger: Duration) -> Self {
        Self { linger, ..self }
    }

    pub(crate) fn beginning_at(self, offset: Offset) -> Self {
        Self { begin_at: Some(offset), ..self }
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

    async fn begin(&mut self, partitions: &[TopicPartition]) -> Result<Vec<Position>, PortError> {
        assert_eq!(partitions, [partition()]);
        self.stage.did(Did::Begin);
        self.stage.check(Call::Begin)?;
        Ok(self.begin_at.map(|next| Position { partition: partition(), next }).into_iter().collect())
    }

    fn take(&mut self, batch: ReceivedBatch) {
        self.stage.did(Did::Take(batch.offsets.clone()));
        self.in_hand.push(batch);
    }

    fn linger(&self) -> Duration {
        self.linger
    }

    fn room(&self) -> usize {
        self.max_records - self.offsets().len()
    }

    async fn store(&mut self) -> Result<Vec<Position>, PortError> {
        self.stage.did(Did::Store(self.offsets()));
        self.stage.check(Call::Store)?;
        let last = self.in_hand.drain(..).next_back();
        Ok(last.map(|batch| Position { partition: batch.partition, next: batch.next }).into_iter().collect())
    }

    fn forget(&mut self) {
        self.stage.did(Did::Forget);
        self.in_hand.clear();
    }
}

struct FakeBus(Arc<Stage>);

#[async_trait]
impl EventBus for FakeBus {
    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        assert_eq!((topic, group), (&Topic::METRICS, &Group::named("keepers")));
        self.0.did(Did::Join);
        self.0.check(Call::Subscribe)?;
        Ok(Box::new(FakeSubscription(Arc::clone(&self.0))))
    }

    /// Seven records behind.
    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        self.0.check(Call::Lag)?;
        Ok(vec![Lag { partition: partition(), committed: 3, end: 10 }])
    }

    async fn publish(&self, _: &Topic, _: RecordBatch) -> Result<(), PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn extents(&self, _: &Topic) -> Result<Vec<Extent>, PortError> {
        unreachable!("a consumer only consumes")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("a consumer only consumes")
    }
}

struct FakeSubscription(Arc<Stage>);

#[async_trait]
impl Subscription for FakeSubscription {
    async fn next(&mut self, max_records: usize) -> Result<Delivery, PortError> {
        self.0.did(Did::Ask(max_records));
        loop {
            let delivery = self.0.deliveries.lock().unwrap().pop_front();
            match delivery {
                Some(delivery) => return delivery,
                None => self.0.more.notified().await,
            }
        }
    }

    async fn seek(&mut self, position: Position) -> Result<(), PortError> {
        self.0.did(Did::Seek(position.next));
        self.0.check(Call::Seek)
    }

    async fn commit(&mut self, positions: &[Position]) -> Result<(), PortError> {
        self.0.did(Did::Commit(positions.iter().map(|position| position.next).collect()));
        self.0.check(Call::Commit)
    }
}

impl Drop for FakeSubscription {
    fn drop(&mut self) {
        self.0.did(Did::Leave);
    }
}
