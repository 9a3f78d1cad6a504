//! Targets and back ends that do as a test says.

use async_trait::async_trait;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use watchkeeper_collector::{CollectError, Sources, Target, Timing, run_sources};
use watchkeeper_config::Reloadable;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_port_contract::services_before;
use watchkeeper_ports::{EventBus, PortError, RecordBatch, ScheduleStore, Topic};
use watchkeeper_runtime::{RoleContext, RoleResult};
use watchkeeper_spool::SpoolPort;
use watchkeeper_test_kit::{BusEvent, Staged, counted, marks, outlet};
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
        let sample = |n: usize| {
            Sample::new(
                Arc::clone(&self.series),
                Timestamp::from_micros(i64::from(number) * 1_000_000 + i64::try_from(n).unwrap()).unwrap(),
                f64::from(number),
            )
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

    fn failed(&mut self, _error: &CollectError) -> Vec<Sample> {
        let tells = matches!(*self.does.lock().unwrap(), Does::FailAndTell);
        self.samples(usize::from(tells))
    }
}

/// The same target is one that remembers in the same place.
impl PartialEq for Scripted {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.begun, &other.begun)
    }
}

/// A configuration is the targets themselves.
struct Given;

impl Sources for Given {
    type Config = Vec<Scripted>;
    type Definition = Scripted;

    fn definitions(&mut self, config: &Vec<Scripted>) -> Vec<(Arc<str>, Scripted)> {
        config.iter().map(|target| (target.name.as_str().into(), target.clone())).collect()
    }

    fn open(&mut self, definition: &Scripted) -> Box<dyn Target> {
        Box::new(definition.clone())
    }
}

/// How a backend is.
#[derive(Clone, Copy)]
pub(crate) enum Health {
    Well,
    Away,
    Rejecting,
    Broken,
}

/// The bus, for what the collector publishes.
#[derive(Clone)]
pub(crate) struct Bus(Arc<Staged<dyn EventBus>>);

impl Default for Bus {
    fn default() -> Self {
        Self(outlet())
    }
}

impl Bus {
    pub(crate) fn is_now(&self, health: Health) {
        self.0.mend();
        let reason = "on purpose".to_owned();
        match health {
            Health::Well => (),
            Health::Away => self.0.fail_all(PortError::Unavailable { what: "bus", reason }),
            Health::Rejecting => self.0.fail("publish", PortError::Rejected { what: "bus", reason }),
            Health::Broken => self.0.fail_all(PortError::Broken { what: "bus", reason }),
        }
    }

    pub(crate) fn port(&self) -> Arc<dyn EventBus> {
        self.0.clone()
    }

    /// The samples of each batch that it took.
    pub(crate) fn batches(&self) -> Vec<Vec<Sample>> {
        samples(&self.0.noted())
    }

    /// The values of all samples that it took, in order.
    pub(crate) fn values(&self) -> Vec<f64> {
        self.batches().iter().flatten().map(|sample| sample.value).collect()
    }

    /// Waits until it has taken `enough`.
    pub(crate) async fn has(&self, enough: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        samples(&self.0.notes_at_last(|events| enough(&samples(events).concat())).await).concat()
    }
}

/// The samples of each batch that was published.
fn samples(events: &[BusEvent]) -> Vec<Vec<Sample>> {
    let published = |event: &BusEvent| match event {
        BusEvent::Published(topic, batch) => {
            assert_eq!(*topic, Topic::METRICS);
            Some(decoded(batch))
        }
        _ => None,
    };
    events.iter().filter_map(published).collect()
}

fn decoded(batch: &RecordBatch) -> Vec<Sample> {
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
    samples.collect()
}

/// The store of marks.
#[derive(Clone)]
pub(crate) struct Schedule(Arc<Staged<dyn ScheduleStore>>);

impl Default for Schedule {
    fn default() -> Self {
        Self(marks())
    }
}

impl Schedule {
    pub(crate) fn is_away(&self) {
        self.0.fail_all(PortError::Unavailable { what: "store", reason: "on purpose".to_owned() });
    }

    pub(crate) fn is_back(&self) {
        self.0.mend();
    }

    pub(crate) fn port(&self) -> Arc<dyn ScheduleStore> {
        self.0.clone()
    }

    pub(crate) async fn set(&self, target: &str, at: Timestamp) {
        self.0.inner().mark("collector", &[(target.to_owned(), at)]).await.unwrap();
    }

    /// The mark that was written last.
    pub(crate) fn get(&self, target: &str) -> Option<Timestamp> {
        let marks = self.0.noted().concat();
        marks.into_iter().rev().find(|(of, _)| of == target).map(|(_, at)| at)
    }

    pub(crate) fn writes(&self) -> usize {
        self.0.noted().len()
    }
}

/// A collector at work.
pub(crate) struct Running {
    pub(crate) context: RoleContext,
    pub(crate) start: Instant,
    targets: Reloadable<Vec<Scripted>>,
    role: JoinHandle<RoleResult>,
}

impl Running {
    pub(crate) fn new(targets: &[Scripted], bus: &Bus, schedule: &Schedule) -> Self {
        Self::with_spool(targets, bus, schedule, None)
    }

    pub(crate) fn with_spool(
        targets: &[Scripted],
        bus: &Bus,
        schedule: &Schedule,
        spool: Option<SpoolPort>,
    ) -> Self {
        let context = RoleContext::detached("collector");
        let targets = Reloadable::<Vec<Scripted>>::new(targets.to_vec());
        let (bus, marks) = (bus.port(), schedule.port());
        let role = tokio::spawn(run_sources(context.clone(), Given, targets.clone(), bus, spool, marks));
        Self { context, start: Instant::now(), targets, role }
    }

    /// Reloads the configuration, which has these targets now.
    pub(crate) fn reload(&self, targets: &[&Scripted]) {
        self.targets.replace(targets.iter().copied().cloned().collect::<Vec<_>>());
    }

    /// What `systemctl status` shows.
    pub(crate) fn status(&self) -> String {
        self.context.roster().roles()["collector"].to_string()
    }

    /// The sum of a metric over the series with that label value.
    pub(crate) fn metric(&self, name: &str, label: &str) -> f64 {
        let labels: &[&str] = if label.is_empty() { &[] } else { &[label] };
        counted(self.context.registry(), name, labels)
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
