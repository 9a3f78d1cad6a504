//! Targets and back ends that do as a test says.

use async_trait::async_trait;
use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use watchkeeper_collector::{CollectError, Target, Timing, run_targets};
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_port_contract::services_before;
use watchkeeper_ports::{
    EventBus, Group, Lag, Offset, Placement, PortError, ReceivedBatch, RecordBatch, ScheduleStore,
    Subscription, Tail, Topic, TopicId, TopicPartition, Watermarks,
};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_spool::SpoolPort;
use watchkeeper_wire::sample::SampleDecoder;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Due every `interval`, without jitter, given up after a second.
pub(crate) fn every(interval: Duration) -> Timing {
    Timing::new(interval, Duration::ZERO, SECOND)
}

/// What a target does when it is collected from.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    /// Answers with this many samples, each with the number of the collection as its value.
    Answer(usize),
    /// Answers after a time.
    AnswerAfter(Duration),
    /// Never answers.
    Hang,
    /// Fails.
    Fail,
    /// Fails, and has a sample that says so, with the number of the collection as its value.
    FailAndTell,
    /// Asks to be left alone for a time.
    Refuse(Duration),
    /// Has a bug.
    Panic,
}

/// A target whose behaviour can be changed, and that remembers when it was begun.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) name: String,
    timing: Timing,
    does: Arc<Mutex<Does>>,
    begun: Arc<Mutex<Vec<Instant>>>,
    series: Arc<Series>,
}

impl Scripted {
    pub(crate) fn new(name: impl Into<String>, timing: Timing, does: Does) -> Self {
        let name = name.into();
        let series = Arc::new(Series::new("test", "n", "", &[("target", &name)]).unwrap());
        Self { name, timing, does: Arc::new(Mutex::new(does)), begun: Arc::default(), series }
    }

    pub(crate) fn now_does(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// When it was begun, after `start`.
    pub(crate) fn begun(&self, start: Instant) -> Vec<Duration> {
        self.begun.lock().unwrap().iter().map(|&at| at - start).collect()
    }

    fn samples(&self, count: usize) -> Vec<Sample> {
        let number = u32::try_from(self.begun.lock().unwrap().len()).unwrap();
        let sample = |n: usize| Sample {
            series: Arc::clone(&self.series),
            collected_at: Timestamp::from_micros(i64::from(number) * 1_000_000 + i64::try_from(n).unwrap())
                .unwrap(),
            value: f64::from(number),
        };
        (0..count).map(sample).collect()
    }
}

#[async_trait]
impl Target for Scripted {
    fn source(&self) -> &'static str {
        "test"
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn timing(&self) -> Timing {
        self.timing
    }

    async fn collect(&mut self) -> Result<Vec<Sample>, CollectError> {
        self.begun.lock().unwrap().push(Instant::now());
        let does = *self.does.lock().unwrap();
        match does {
            Does::Answer(count) => Ok(self.samples(count)),
            Does::AnswerAfter(time) => {
                sleep(time).await;
                Ok(self.samples(1))
            }
            Does::Hang => pending().await,
            Does::Fail | Does::FailAndTell => Err(CollectError::Malformed("no number".to_owned())),
            Does::Refuse(time) => {
                let until = Some(Timestamp::now().plus(time));
                Err(CollectError::Refused { reason: "quota used up".to_owned(), until })
            }
            Does::Panic => unreachable!("on purpose"),
        }
    }

    fn failed(&mut self) -> Vec<Sample> {
        let tells = matches!(*self.does.lock().unwrap(), Does::FailAndTell);
        self.samples(usize::from(tells))
    }
}

/// How a back end is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Health {
    #[default]
    Well,
    Away,
    Rejecting,
    Broken,
}

impl Health {
    fn check(self, what: &'static str) -> Result<(), PortError> {
        let reason = "on purpose".to_owned();
        match self {
            Self::Well => Ok(()),
            Self::Away => Err(PortError::Unavailable { what, reason }),
            Self::Rejecting => Err(PortError::Rejected { what, reason }),
            Self::Broken => Err(PortError::Broken { what, reason }),
        }
    }
}

/// A bus that only takes.
#[derive(Default)]
pub(crate) struct FakeBus {
    health: Mutex<Health>,
    batches: watch::Sender<Vec<Vec<Sample>>>,
}

impl FakeBus {
    pub(crate) fn is_now(&self, health: Health) {
        *self.health.lock().unwrap() = health;
    }

    /// The samples of each batch that it took.
    pub(crate) fn batches(&self) -> Vec<Vec<Sample>> {
        self.batches.borrow().clone()
    }

    /// The values of all samples that it took, in order.
    pub(crate) fn values(&self) -> Vec<f64> {
        self.batches().iter().flatten().map(|sample| sample.value).collect()
    }

    /// Waits until it has taken `enough`.
    pub(crate) async fn has(&self, enough: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let mut batches = self.batches.subscribe();
        let taken = batches.wait_for(|batches| enough(&batches.concat())).await.unwrap();
        taken.concat()
    }

    fn check(&self) -> Result<(), PortError> {
        self.health.lock().unwrap().check("bus")
    }
}

#[async_trait]
impl EventBus for FakeBus {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        self.check()?;
        assert_eq!(*topic, Topic::METRICS);
        let mut decoder = SampleDecoder::new();
        let samples = batch.iter().map(|record| {
            let sample = decoder.decode(record.value).unwrap();
            assert_eq!(record.key, sample.series.key().as_bytes());
            // Whatever the collector publishes, the previous services read it.
            let theirs = services_before::read(record.value).unwrap();
            assert_eq!((theirs.value, theirs.collected_at), (sample.value, Some(sample.collected_at)));
            assert!(theirs.labels.is_some());
            sample
        });
        self.batches.send_modify(|batches| batches.push(samples.collect()));
        Ok(())
    }

    async fn watermarks(&self, _: &Topic) -> Result<Vec<Watermarks>, PortError> {
        match self.check() {
            Err(PortError::Rejected { .. }) | Ok(()) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn subscribe(&self, _: &Topic, _: &Group) -> Result<Box<dyn Subscription>, PortError> {
        unreachable!("the collector only publishes")
    }

    async fn tail(&self, _: &Topic) -> Result<Box<dyn Tail>, PortError> {
        unreachable!("the collector only publishes")
    }

    async fn read(&self, _: &TopicPartition, _: Offset, _: usize) -> Result<ReceivedBatch, PortError> {
        unreachable!("the collector only publishes")
    }

    async fn lag(&self, _: &Topic, _: &Group) -> Result<Vec<Lag>, PortError> {
        unreachable!("the collector only publishes")
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        unreachable!("the collector only publishes")
    }

    async fn topic_id(&self, _: &Topic) -> Result<TopicId, PortError> {
        Ok(TopicId::new("metrics"))
    }

    async fn placement(&self, _: &Topic) -> Result<Placement, PortError> {
        unreachable!("the collector only publishes")
    }
}

/// A store of marks that counts how often it is written to.
#[derive(Default)]
pub(crate) struct FakeSchedule {
    health: Mutex<Health>,
    marks: Mutex<HashMap<String, Timestamp>>,
    writes: AtomicUsize,
}

impl FakeSchedule {
    pub(crate) fn is_now(&self, health: Health) {
        *self.health.lock().unwrap() = health;
    }

    pub(crate) fn set(&self, target: &str, at: Timestamp) {
        self.marks.lock().unwrap().insert(target.to_owned(), at);
    }

    pub(crate) fn get(&self, target: &str) -> Option<Timestamp> {
        self.marks.lock().unwrap().get(target).copied()
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ScheduleStore for FakeSchedule {
    async fn marks(&self, owner: &str) -> Result<HashMap<String, Timestamp>, PortError> {
        self.health.lock().unwrap().check("store")?;
        assert_eq!(owner, "collector");
        Ok(self.marks.lock().unwrap().clone())
    }

    async fn mark(&self, owner: &str, marks: &[(String, Timestamp)]) -> Result<(), PortError> {
        self.health.lock().unwrap().check("store")?;
        assert_eq!(owner, "collector");
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.marks.lock().unwrap().extend(marks.iter().cloned());
        Ok(())
    }
}

/// A collector at work.
pub(crate) struct Running {
    pub(crate) context: RoleContext,
    pub(crate) start: Instant,
    role: JoinHandle<RoleResult>,
}

impl Running {
    pub(crate) fn new(targets: &[Scripted], bus: &Arc<FakeBus>, schedule: &Arc<FakeSchedule>) -> Self {
        Self::with_spool(targets, bus, schedule, None)
    }

    pub(crate) fn with_spool(
        targets: &[Scripted],
        bus: &Arc<FakeBus>,
        schedule: &Arc<FakeSchedule>,
        spool: Option<SpoolPort>,
    ) -> Self {
        let context = RoleContext::detached("collector");
        let boxed = targets.iter().map(|target| Box::new(target.clone()) as Box<dyn Target>).collect();
        let (bus, schedule) = (Arc::clone(bus), Arc::clone(schedule));
        let role = tokio::spawn(run_targets(context.clone(), boxed, bus, spool, schedule));
        Self { context, start: Instant::now(), role }
    }

    /// What `systemctl status` shows.
    pub(crate) fn status(&self) -> String {
        self.context.roster().roles()["collector"].to_string()
    }

    /// The sum of a metric over the series with that label value.
    pub(crate) fn metric(&self, name: &str, label: &str) -> f64 {
        let families = self.context.registry().gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let series = family.get_metric().iter();
        let counted =
            series.filter(|series| label.is_empty() || series.get_label().iter().any(|l| l.value() == label));
        counted.map(|series| series.get_counter().get_value() + series.get_gauge().get_value()).sum()
    }

    /// Asks the role to stop, and says how it ended.
    pub(crate) async fn stop(self) -> RoleResult {
        self.context.shutdown().cancel();
        self.ended().await
    }

    /// Ends the role as `kill -9` does.
    pub(crate) async fn kill(self) {
        self.role.abort();
        assert!(self.role.await.unwrap_err().is_cancelled());
    }

    /// Waits until the role ends.
    pub(crate) async fn ended(self) -> RoleResult {
        self.role.await.unwrap()
    }
}
