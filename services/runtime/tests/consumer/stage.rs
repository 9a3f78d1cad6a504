//! What a test says, and a log of what was done.

use crate::bus::FakeBus;
use crate::keeper::Keeper;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    BatchBuilder, Delivery, Group, Offset, PortError, PositionStore, ReceivedBatch, Topic, TopicId,
    TopicPartition,
};
use watchkeeper_runtime::consumer::{Source, consume};
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
    Wake,
    Release,
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
    TopicId,
}

/// How long anything may take before its test fails, in virtual time.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

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
        appended: offsets.clone().map(|_| Timestamp::MIN).collect(),
        offsets: offsets.collect(),
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
    /// How often the topic was created.
    created: AtomicUsize,
    /// How many partitions it has.
    partitions: AtomicU32,
}

impl Stage {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            deliveries: Mutex::default(),
            more: Notify::new(),
            failures: Mutex::default(),
            log: watch::Sender::default(),
            created: AtomicUsize::new(1),
            partitions: AtomicU32::new(1),
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

    /// The topic is deleted and created anew.
    pub(crate) fn creates_topic_anew(&self) {
        self.created.fetch_add(1, Ordering::Relaxed);
    }

    /// The topic gets one partition more.
    pub(crate) fn adds_a_partition(&self) {
        self.partitions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn partitions(&self) -> u32 {
        self.partitions.load(Ordering::Relaxed)
    }

    pub(crate) fn topic_id(&self) -> TopicId {
        TopicId::new(format!("created {} times", self.created.load(Ordering::Relaxed)))
    }

    /// The next call of that kind fails; told twice, the next two.
    pub(crate) fn fails(&self, call: Call, error: PortError) {
        self.failures.lock().unwrap().push((call, error));
    }

    /// Waits for what the bus gives next. Cancel-safe.
    pub(crate) async fn next_delivery(&self) -> Result<Delivery, PortError> {
        loop {
            let delivery = self.deliveries.lock().unwrap().pop_front();
            match delivery {
                Some(delivery) => return delivery,
                None => self.more.notified().await,
            }
        }
    }

    /// Waits until that was done so often.
    pub(crate) async fn until(&self, did: &Did, times: usize) {
        let enough = |log: &Vec<(Instant, Did)>| log.iter().filter(|(_, done)| done == did).count() >= times;
        timeout(PATIENCE, self.log.subscribe().wait_for(enough)).await.expect("it is done in time").unwrap();
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
        self.run_storing(keeper, None)
    }

    /// One whose group has its positions in a store.
    pub(crate) fn run_storing(
        self: &Arc<Self>,
        keeper: Keeper,
        positions: Option<Arc<dyn PositionStore>>,
    ) -> Running {
        let context = RoleContext::detached("keeper");
        let bus = Arc::new(FakeBus(Arc::clone(self)));
        let source =
            Source { bus, topic: Topic::METRICS, group: Group::named("keepers"), positions, gate: None };
        let role = tokio::spawn(consume(context.clone(), source, keeper));
        Running { context, role }
    }

    /// Notes what was done.
    pub(crate) fn did(&self, did: Did) {
        self.log.send_modify(|log| log.push((Instant::now(), did)));
    }

    /// Fails if the test said so.
    pub(crate) fn check(&self, call: Call) -> Result<(), PortError> {
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
        timeout(PATIENCE, self.role).await.expect("it ends in time").unwrap()
    }
}
