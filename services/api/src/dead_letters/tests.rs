use super::*;
use async_trait::async_trait;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{
    BatchBuilder, EventBus, Group, Lag, Placement, ReceivedBatch, Record, RecordBatch, Subscription, Tail,
    Topic, TopicId, Watermarks,
};

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// A value that the bus of these tests rejects.
const POISON: &[u8] = b"poison";

/// A bus that publishes records of topic `metrics` one batch at a time, whenever the test allows it.
struct Guarded {
    bus: EmbeddedBus,
    allowed: Semaphore,
    /// Number of upcoming publications that fail, on any topic.
    failures: AtomicUsize,
}

#[async_trait]
impl EventBus for Guarded {
    async fn publish(&self, topic: &Topic, batch: RecordBatch) -> Result<(), PortError> {
        let fails = |left: usize| left.checked_sub(1);
        if self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails).is_ok() {
            return Err(PortError::Unavailable { what: "bus", reason: "the backlog is full".into() });
        }
        if *topic == Topic::METRICS {
            self.allowed.acquire().await.unwrap().forget();
            if batch.iter().any(|record| record.value == POISON) {
                return Err(PortError::Rejected { what: "bus", reason: "a record is poison".into() });
            }
        }
        self.bus.publish(topic, batch).await
    }

    async fn placement(&self, topic: &Topic) -> Result<Placement, PortError> {
        self.bus.placement(topic).await
    }

    async fn topic_id(&self, topic: &Topic) -> Result<TopicId, PortError> {
        self.bus.topic_id(topic).await
    }

    async fn subscribe(&self, topic: &Topic, group: &Group) -> Result<Box<dyn Subscription>, PortError> {
        self.bus.subscribe(topic, group).await
    }

    async fn tail(&self, topic: &Topic) -> Result<Box<dyn Tail>, PortError> {
        self.bus.tail(topic).await
    }

    async fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        most: usize,
    ) -> Result<ReceivedBatch, PortError> {
        self.bus.read(partition, from, most).await
    }

    async fn watermarks(&self, topic: &Topic) -> Result<Vec<Watermarks>, PortError> {
        self.bus.watermarks(topic).await
    }

    async fn lag(&self, topic: &Topic, group: &Group) -> Result<Vec<Lag>, PortError> {
        self.bus.lag(topic, group).await
    }

    async fn topics(&self) -> Result<Vec<Topic>, PortError> {
        self.bus.topics().await
    }
}

struct Stage {
    bus: Arc<Guarded>,
    context: RoleContext,
    dead_letters: Arc<DeadLetters>,
    _dir: TempDir,
}

impl Stage {
    /// With an index of at most so many dead letters, on a bus that publishes at once.
    fn at_most(most: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bus = EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap();
        let bus = Arc::new(Guarded {
            bus,
            allowed: Semaphore::new(Semaphore::MAX_PERMITS),
            failures: AtomicUsize::new(0),
        });
        let letters = Letters::at_most(most, Arc::<Guarded>::clone(&bus));
        let context = RoleContext::detached("api");
        let (role, following) = (context.clone(), letters.clone());
        tokio::spawn(async move { following.follow(&role).await });
        let dead_letters = Arc::new(DeadLetters::new(context.clone(), letters));
        Self { bus, context, dead_letters, _dir: dir }
    }

    /// The same on a bus that publishes so many batches of records, and then blocks.
    fn held_after(batches: usize) -> Self {
        let stage = Self::at_most(10_000);
        stage.bus.allowed.forget_permits(Semaphore::MAX_PERMITS);
        stage.bus.allowed.add_permits(batches);
        stage
    }

    async fn reject(&self, values: &[&[u8]]) {
        let mut batch = BatchBuilder::default();
        for (offset, value) in (0..).zip(values) {
            let letter = DeadLetter {
                reason: "bad",
                rejected_by: "persister",
                rejected_at: Timestamp::MIN,
                origin: TopicPartition::new(Topic::METRICS, 0),
                offset,
                record: Record { key: b"k", value, headers: &[], incomplete: None },
            };
            letter.push(&mut batch);
        }
        self.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    }

    async fn replay_all(&self) -> Arc<Run> {
        self.dead_letters.begin(Settlement::Replayed, None).await.unwrap()
    }

    async fn ended(&self, run: &Run) -> DeadLetterRun {
        tokio::time::timeout(PATIENCE, run.ended()).await.expect("it ends in time");
        self.dead_letters.shown(run)
    }

    /// The replayed records, in order.
    async fn replayed(&self) -> Vec<Vec<u8>> {
        let read = self.bus.read(&TopicPartition::new(Topic::METRICS, 0), 0, 10_000).await.unwrap();
        read.records.iter().map(|record| record.value.to_vec()).collect()
    }
}

/// Waits until the run has settled so many dead letters.
async fn settled(stage: &Stage, run: &Run, letters: u64) {
    let comes = async {
        while stage.dead_letters.shown(run).replayed < letters {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, comes).await.expect("it happens in time");
}

#[tokio::test]
async fn more_letters_than_an_index_lists_are_all_replayed_in_their_order() {
    let stage = Stage::at_most(100);
    let numbers: Vec<_> = (0..1_050_u32).map(u32::to_be_bytes).collect();
    stage.reject(&numbers.iter().map(<[u8; 4]>::as_slice).collect::<Vec<_>>()).await;
    assert_eq!(stage.dead_letters.letters.waiting().await.unwrap(), 1_050);
    let run = stage.replay_all().await;
    let run = stage.ended(&run).await;
    assert_eq!((run.state, run.replayed, run.left, run.waiting), (RunState::Done, 1_050, 0, 0));
    assert_eq!(stage.replayed().await, numbers);
}

#[tokio::test]
async fn one_run_goes_on_at_a_time_and_says_how_far_it_is() {
    let stage = Stage::held_after(1);
    stage.reject(&[b"v" as &[u8]; 700]).await;
    let run = stage.replay_all().await;
    settled(&stage, &run, 500).await;
    let shown = stage.dead_letters.shown(&run);
    assert_eq!((shown.state, shown.total, shown.left, shown.waiting), (RunState::Running, 700, 200, 200));
    let refused = stage.dead_letters.begin(Settlement::Discarded, None).await.err().unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(
        refused.detail().contains("200 of 700 left: wait for it to end, or stop it"),
        "{}",
        refused.detail()
    );
    stage.bus.allowed.add_permits(1);
    assert_eq!(stage.ended(&run).await.state, RunState::Done);
    stage.dead_letters.begin(Settlement::Discarded, None).await.ok().unwrap();
}

#[tokio::test]
async fn a_run_that_is_stopped_has_marked_what_it_replayed_and_another_goes_on_with_the_rest() {
    let stage = Stage::held_after(1);
    let numbers: Vec<_> = (0..1_200_u32).map(u32::to_be_bytes).collect();
    stage.reject(&numbers.iter().map(<[u8; 4]>::as_slice).collect::<Vec<_>>()).await;
    let run = stage.replay_all().await;
    settled(&stage, &run, 500).await;
    run.stop();
    stage.bus.allowed.add_permits(10);
    let shown = stage.ended(&run).await;
    assert_eq!(shown.state, RunState::Stopped);
    assert!(shown.left >= 200 && shown.left == shown.waiting, "{shown:?}");
    let rest = stage.replay_all().await;
    assert_eq!(stage.ended(&rest).await.replayed, shown.left);
    assert_eq!(stage.replayed().await, numbers);
}

#[tokio::test]
async fn a_role_that_is_to_stop_waits_for_the_letters_that_are_under_way() {
    let stage = Stage::held_after(1);
    stage.reject(&[b"v" as &[u8]; 700]).await;
    let run = stage.replay_all().await;
    settled(&stage, &run, 500).await;
    stage.context.shutdown().cancel();
    let dead_letters = Arc::clone(&stage.dead_letters);
    let finished = tokio::spawn(async move { dead_letters.finish().await });
    stage.bus.allowed.add_permits(1);
    tokio::time::timeout(PATIENCE, finished).await.unwrap().unwrap().unwrap();
    assert!(!run.is_running());
}

#[tokio::test]
async fn a_letter_that_the_bus_refuses_waits_on_and_its_neighbours_are_replayed() {
    let stage = Stage::at_most(100);
    stage.reject(&[b"a", POISON, b"b"]).await;
    let run = stage.replay_all().await;
    let shown = stage.ended(&run).await;
    assert_eq!((shown.state, shown.replayed, shown.refused, shown.waiting), (RunState::Done, 2, 1, 1));
    assert_eq!(shown.reason.as_deref(), Some("metrics.dead-0-1 cannot be replayed: a record is poison"));
    assert_eq!(stage.replayed().await, [b"a", b"b"]);
    let run = stage.dead_letters.begin(Settlement::Discarded, None).await.unwrap();
    assert_eq!(
        (stage.ended(&run).await.discarded, stage.dead_letters.letters.waiting().await.unwrap()),
        (1, 0)
    );
}

#[tokio::test]
async fn a_run_is_given_up_after_its_limit_of_letters_that_are_refused() {
    let stage = Stage::at_most(10_000);
    stage.reject(&[POISON; run::MAX_REFUSED + 1]).await;
    let run = stage.replay_all().await;
    let shown = stage.ended(&run).await;
    assert_eq!((shown.state, shown.refused), (RunState::Failed, run::MAX_REFUSED as u64));
    assert!(
        shown.reason.unwrap().starts_with("1000 dead letters cannot be replayed; the last: metrics.dead-0-")
    );
}

#[tokio::test]
async fn a_bus_that_is_away_is_tried_again_up_to_the_limit_and_records_are_not_sent_twice() {
    let stage = Stage::at_most(100);
    stage.reject(&[b"a", b"b"]).await;
    for (failures, replayed, state, reason) in [
        (run::TRIES, 0, RunState::Failed, Some("the bus is not available".to_owned())),
        (run::TRIES - 1, 2, RunState::Done, None),
    ] {
        assert_eq!(stage.dead_letters.letters.waiting().await.unwrap(), 2);
        stage.bus.failures.store(failures, Ordering::Relaxed);
        tokio::time::pause();
        let run = stage.replay_all().await;
        run.ended().await;
        tokio::time::resume();
        let shown = stage.dead_letters.shown(&run);
        assert_eq!((shown.state, shown.replayed, shown.left), (state, replayed, 2 - replayed));
        assert_eq!(shown.reason, reason);
    }
    assert_eq!(stage.replayed().await, [b"a", b"b"]);
}
