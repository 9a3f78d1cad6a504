//! The consumer of records, with the rules and the embedded store, and a bus with a clock of its own.

mod ratios;
mod without_key;

use super::*;
use crate::fakes::bus::{FakeBus, partition};
use std::slice;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::EmbeddedAlerts;
use watchkeeper_config::{Document, Reloadable};
use watchkeeper_domain::{Alert, Sample, Series};
use watchkeeper_ports::{BatchBuilder, Memory, Offset, Page, Record, RecordBatch, StoredPosition};
use watchkeeper_rules::Routing;
use watchkeeper_runtime::RoleContext;
use watchkeeper_test_kit::Staged;
use watchkeeper_wire::dead_letter::{DeadLetter, Place as LetterPlace, Settlement};
use watchkeeper_wire::sample::push_sample;

const RULES: &str = r#"
[[rule]]
name = "high"
match = ['name="value"']
[rule.threshold]
above = 10

[[rule]]
name = "silent"
match = ['name="value"']
[rule.absence]
after = "2m"

[[rule]]
name = "low"
match = ['name="free"', 'unit="b1"']
ratio = { to = "all", unit = "b0", below = 0.1, max_age = "1m" }

[[rule]]
name = "rejected"
[rule.dead_letters]
topic = "metrics"
"#;

fn at(seconds: u64) -> Timestamp {
    let start: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    start.plus(Duration::from_secs(seconds))
}

struct Stage {
    directory: TempDir,
    bus: Arc<FakeBus>,
    news: Arc<Notify>,
    heartbeat: Heartbeat,
}

impl Stage {
    fn new() -> Self {
        let heartbeat = RoleContext::detached("notifier").heartbeat("receive");
        Self { directory: tempfile::tempdir().unwrap(), bus: Arc::default(), news: Arc::default(), heartbeat }
    }

    fn with_partitions(partitions: u32) -> Self {
        Self { bus: Arc::new(FakeBus::with_partitions(partitions)), ..Self::new() }
    }

    fn open(&self) -> EmbeddedAlerts {
        EmbeddedAlerts::open(self.directory.path()).unwrap()
    }

    /// One that has been assigned the partition.
    async fn evaluating(&self, store: &EmbeddedAlerts) -> Evaluating {
        self.member(store, &[partition()]).await
    }

    /// One that has been assigned these partitions.
    async fn member(&self, store: &EmbeddedAlerts, partitions: &[TopicPartition]) -> Evaluating {
        let mut evaluating = self.evaluating_topic(Topic::METRICS, store);
        evaluating.begin(partitions, &TopicId::new("metrics"), &self.heartbeat).await.unwrap();
        evaluating
    }

    fn evaluating_topic(&self, topic: Topic, store: &EmbeddedAlerts) -> Evaluating {
        let metrics = NotifierMetrics::register(RoleContext::detached("notifier").registry()).unwrap();
        let (bus, news) = (self.bus.clone(), self.news.clone());
        Evaluating::new(topic, Reloadable::new(rules(RULES)), bus, store.alerts(), Arc::new(metrics), news)
    }

    /// A sample of another program comes and is taken.
    async fn hear(&self, evaluating: &mut Evaluating, seconds: u64, key: &str, json: &str) {
        let mut batch = BatchBuilder::default();
        batch.push(key.as_bytes(), json.as_bytes());
        self.bus.append(at(seconds), batch.finish());
        self.read(evaluating).await;
    }

    /// A sample comes and is taken.
    async fn measure(&self, evaluating: &mut Evaluating, seconds: u64, value: f64) {
        self.bus.append(at(seconds), sample("a", seconds, value));
        self.read(evaluating).await;
    }

    async fn read(&self, evaluating: &mut Evaluating) {
        self.read_partition(evaluating, &partition()).await;
    }

    async fn read_partition(&self, evaluating: &mut Evaluating, partition: &TopicPartition) {
        let from = evaluating.partitions[partition].own.taken;
        let batch = self.bus.read(partition, from, 1_000).await.unwrap();
        evaluating.push(batch);
    }

    async fn store(&self, evaluating: &mut Evaluating) -> Vec<Offset> {
        let positions = evaluating.store(&self.heartbeat).await.unwrap();
        positions.into_iter().map(|position| position.next).collect()
    }
}

fn rules(text: &str) -> RuleSet {
    let document = Document::parse("watchkeeper.toml", text).unwrap();
    document.read(|root| RuleSet::read(root, &Routing::default(), &[])).unwrap()
}

fn sample(target: &str, seconds: u64, value: f64) -> RecordBatch {
    let series = Arc::new(Series::new("test", "value", "", &[("target", target)]).unwrap());
    let mut record = BatchBuilder::default();
    push_sample(&mut record, &Sample::new(series, at(seconds), value));
    record.finish()
}

async fn alerts(store: &EmbeddedAlerts) -> Vec<(String, bool)> {
    let told = |alert: Alert| (alert.rule.clone(), alert.is_firing());
    store.alerts().alerts(None, 100).await.unwrap().into_iter().map(told).collect()
}

#[tokio::test]
async fn other_rules_hold_once_what_was_taken_is_stored() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, 0, 20.0).await;
    evaluating.rules.replace(rules(&RULES.replace("above = 10", "above = 30")));
    assert!(evaluating.has_other_rules());
    stage.store(&mut evaluating).await;
    assert!(!evaluating.has_other_rules());
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)], "found by the rules before");
    stage.measure(&mut evaluating, 10, 25.0).await;
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), false)]);
}

#[tokio::test]
async fn a_partition_that_is_assigned_after_a_reload_is_begun_by_the_rules_that_hold() {
    let stage = Stage::new();
    let store = stage.open();
    let mut before = stage.evaluating(&store).await;
    stage.measure(&mut before, 0, 20.0).await;
    stage.store(&mut before).await;
    let mut evaluating = stage.evaluating_topic(Topic::METRICS, &store);
    evaluating.rules = Reloadable::new(rules(""));
    evaluating.evaluator = Evaluator::new(evaluating.rules.current());
    evaluating.rules.replace(rules(RULES));
    evaluating.begin(&[partition()], &TopicId::new("metrics"), &stage.heartbeat).await.unwrap();
    assert!(!evaluating.tick(at(10)).await, "by other rules it would clear");
}

#[tokio::test]
async fn what_is_stored_while_partitions_are_assigned_is_committed_even_if_that_took_several_attempts() {
    let (stage, id) = (Stage::with_partitions(2), TopicId::new("metrics"));
    let store = stage.open();
    let [first, second] = [0, 1].map(|number| TopicPartition::new(Topic::METRICS, number));
    let mut evaluating = stage.member(&store, slice::from_ref(&first)).await;
    let staged = Staged::new(store.alerts());
    evaluating.alerts = staged.clone();
    stage.measure(&mut evaluating, 0, 20.0).await;
    let taken = evaluating.partitions[&first].own.taken;
    assert!(taken > 0);
    evaluating.rules.replace(rules(&RULES.replace("above = 10", "above = 30")));
    let refused = || PortError::Unavailable { what: "store", reason: "refused".to_owned() };
    for method in ["store", "take_over"] {
        staged.fail_next(method, refused());
        let failed = evaluating.begin(slice::from_ref(&second), &id, &stage.heartbeat).await;
        assert_eq!(failed, Err(refused()), "{method}");
    }
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)], "found by the rules before");
    let positions = evaluating.begin(slice::from_ref(&second), &id, &stage.heartbeat).await.unwrap();
    let expected = [(first, taken), (second, 0)].map(|(partition, next)| Position { partition, next });
    assert_eq!(positions, expected);
}

#[tokio::test]
async fn an_alert_is_stored_at_once_together_with_the_position_and_told_on() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, 0, 1.0).await;
    assert_eq!((evaluating.capacity(), evaluating.linger()), (MAX_DELIVERY, Duration::from_secs(1)));
    stage.measure(&mut evaluating, 10, 20.0).await;
    assert_eq!(evaluating.capacity(), 0, "it must be stored now");
    assert_eq!(stage.store(&mut evaluating).await, [2]);
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)]);
    let position = store.alerts().position(&Group::NOTIFIER, &partition(), &TopicId::new("metrics")).await;
    assert_eq!(position.unwrap(), StoredPosition::At(2));
    stage.news.notified().await;
    assert!(stage.store(&mut evaluating).await.is_empty(), "nothing is new");
}

#[tokio::test]
async fn samples_that_are_unread_are_not_absent() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, 0, 1.0).await;
    assert!(!evaluating.tick(at(100)).await);
    stage.bus.append(at(115), sample("a", 115, 1.0));
    assert!(!evaluating.tick(at(600)).await, "there is a record that may be of the series");
    stage.read(&mut evaluating).await;
    assert!(!evaluating.tick(at(200)).await);
    assert!(evaluating.tick(at(600)).await, "now it is silent indeed");
    assert_eq!(stage.store(&mut evaluating).await, [2]);
    assert_eq!(alerts(&store).await, [("silent".to_owned(), true)]);
}

#[tokio::test]
async fn another_one_goes_on_with_what_was_remembered() {
    let stage = Stage::new();
    {
        let store = stage.open();
        let mut evaluating = stage.evaluating(&store).await;
        stage.measure(&mut evaluating, 0, 1.0).await;
        assert_eq!(stage.store(&mut evaluating).await, [1]);
        stage.measure(&mut evaluating, 10, 20.0).await;
    }
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    assert_eq!(evaluating.partitions[&partition()].own.taken, 1, "the second record was not stored");
    stage.read(&mut evaluating).await;
    assert_eq!(stage.store(&mut evaluating).await, [2]);
    assert!(evaluating.tick(at(131)).await, "the series it remembers is silent");
}

#[tokio::test]
async fn all_that_is_remembered_is_recalled_page_by_page() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    for number in 0..=PAGE_MEMORIES {
        stage.bus.append(at(0), sample(&number.to_string(), 0, 1.0));
    }
    while evaluating.taken <= PAGE_MEMORIES {
        stage.read(&mut evaluating).await;
    }
    stage.store(&mut evaluating).await;
    assert_eq!(stage.evaluating(&store).await.evaluator.watched(), PAGE_MEMORIES + 1);
}

#[tokio::test]
async fn what_was_taken_over_by_another_is_not_stored_and_forgotten() {
    let stage = Stage::new();
    let store = stage.open();
    let (mut zombie, mut other) = (stage.evaluating(&store).await, stage.evaluating(&store).await);
    stage.measure(&mut other, 0, 1.0).await;
    stage.store(&mut other).await;
    stage.read(&mut zombie).await;
    assert!(zombie.tick(at(600)).await);
    let error = zombie.store(&stage.heartbeat).await.unwrap_err();
    assert!(matches!(error, PortError::Fenced { expected: 1, found: 2, .. }), "{error}");
    assert_eq!(alerts(&store).await, []);
    zombie.reset();
    assert!(!zombie.tick(at(700)).await);
    assert!(stage.store(&mut zombie).await.is_empty());
    zombie.begin(&[partition()], &TopicId::new("metrics"), &stage.heartbeat).await.unwrap();
    assert!(zombie.tick(at(700)).await, "it goes on with what the other has stored");
    stage.store(&mut zombie).await;
    assert_eq!(alerts(&store).await, [("silent".to_owned(), true)]);
}

#[tokio::test]
async fn who_has_lost_a_partition_stores_nothing_also_where_only_time_has_passed() {
    let stage = Stage::new();
    let store = stage.open();
    let mut zombie = stage.evaluating(&store).await;
    stage.measure(&mut zombie, 0, 1.0).await;
    stage.store(&mut zombie).await;
    let mut other = stage.evaluating(&store).await;
    assert!(zombie.tick(at(600)).await);
    let error = zombie.store(&stage.heartbeat).await.unwrap_err();
    assert!(matches!(error, PortError::Fenced { expected: 1, found: 2, .. }), "{error}");
    assert!(other.tick(at(600)).await);
    assert!(stage.store(&mut other).await.is_empty(), "nothing is to be committed");
    assert_eq!(alerts(&store).await, [("silent".to_owned(), true)]);
}

#[tokio::test]
async fn an_alert_about_a_series_whose_memory_cannot_be_read_does_not_fire_for_ever() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, 0, 20.0).await;
    stage.store(&mut evaluating).await;
    let [memory] = &store.alerts().memories(&partition(), &Page::first(10)).await.unwrap()[..] else {
        panic!("one series is remembered")
    };
    let lost = Memory { state: "lost".into(), ..memory.clone() };
    let evaluation = Evaluation { memories: vec![(partition(), lost)], ..Evaluation::default() };
    store.alerts().store(Arc::new(evaluation)).await.unwrap();
    let mut evaluating = stage.evaluating(&store).await;
    assert!(evaluating.tick(Timestamp::MAX).await);
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await[0], ("high".to_owned(), false));
}

#[tokio::test]
async fn a_copy_is_seen_by_no_rule_and_a_series_of_our_own_labelled_so_is() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    let labelled = format!(
        r#"{{"source":"s","name":"value","labels":{{"cached":"true"}},"value":20,"CollectedAt":"{}"}}"#,
        at(0)
    );
    stage.hear(&mut evaluating, 0, "", &labelled).await;
    assert_eq!((evaluating.evaluator.watched(), evaluating.metrics.copies.get()), (0, 1));
    stage.hear(&mut evaluating, 0, r#"s/value{cached="true"}"#, &labelled).await;
    assert_eq!((evaluating.evaluator.watched(), evaluating.metrics.copies.get()), (1, 1));
    assert_eq!(evaluating.metrics.undecodable.get(), 0);
}

/// Five years after the start, in seconds.
const AHEAD: u64 = 5 * 365 * 24 * 3_600;

#[tokio::test]
async fn a_sample_that_cannot_have_been_measured_yet_is_left_out() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.bus.append(at(0), sample("a", AHEAD, 20.0));
    stage.read(&mut evaluating).await;
    assert_eq!((evaluating.evaluator.watched(), evaluating.metrics.undecodable.get()), (0, 1));
    stage.measure(&mut evaluating, 1, 20.0).await;
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)]);
}

#[tokio::test]
async fn when_the_clock_comes_back_rules_go_on_and_what_fires_clears() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, AHEAD, 20.0).await;
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)]);
    evaluating.tick(at(AHEAD + 1)).await;
    evaluating.tick(at(10)).await;
    assert_eq!(evaluating.known_until.all(), Some(at(10)), "no time has passed that has not");
    stage.measure(&mut evaluating, 20, 1.0).await;
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), false)]);
}

#[tokio::test]
async fn what_was_remembered_while_the_clock_was_ahead_is_taken_back_by_a_restart() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, AHEAD, 20.0).await;
    stage.store(&mut evaluating).await;
    let mut evaluating = stage.evaluating(&store).await;
    let now = Timestamp::now().plus(Duration::from_secs(1)).since(at(0)).as_secs() + 1;
    stage.measure(&mut evaluating, now, 1.0).await;
    stage.store(&mut evaluating).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), false)]);
}

#[tokio::test]
async fn a_partition_that_went_to_another_member_is_forgotten() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    stage.measure(&mut evaluating, 0, 1.0).await;
    stage.store(&mut evaluating).await;
    evaluating.release(&[partition()]);
    assert!(!evaluating.tick(at(600)).await);
    assert_eq!(evaluating.evaluator.watched(), 0);
}

#[tokio::test]
async fn so_many_records_are_taken_before_they_are_stored_and_no_more() {
    let stage = Stage::new();
    let store = stage.open();
    let mut evaluating = stage.evaluating(&store).await;
    let (mut records, mut next) = (BatchBuilder::default(), 0);
    (0..MAX_DELIVERY).for_each(|_| records.push(b"", b""));
    let records = records.finish();
    while evaluating.capacity() > 0 {
        assert_eq!(evaluating.capacity(), MAX_DELIVERY);
        next += MAX_DELIVERY as u64;
        evaluating.push(ReceivedBatch {
            partition: partition(),
            records: records.clone(),
            offsets: (next - MAX_DELIVERY as u64..next).collect(),
            next,
            appended: vec![at(0)],
        });
    }
    assert_eq!(next, MAX_TAKEN as u64);
    assert_eq!(evaluating.metrics.undecodable.get(), next, "none of them was a sample");
    assert_eq!(stage.store(&mut evaluating).await, [next]);
    assert_eq!(evaluating.capacity(), MAX_DELIVERY);
}

#[tokio::test]
async fn dead_letters_count_and_what_says_that_one_was_replayed_does_not() {
    let stage = Stage::new();
    let store = stage.open();
    let letters = Topic::METRICS.dead_letters();
    let on_letters = TopicPartition::new(letters.clone(), 0);
    let mut evaluating = stage.evaluating_topic(letters, &store);
    evaluating.begin(slice::from_ref(&on_letters), &TopicId::new("letters"), &stage.heartbeat).await.unwrap();
    let letter = DeadLetter {
        reason: "value: must be finite",
        rejected_by: "persister",
        rejected_at: at(0),
        origin: partition(),
        offset: 3,
        record: Record { key: b"", value: b"{}", headers: &[], incomplete: None },
    };
    let batch = |records: BatchBuilder, from| {
        let records = records.finish();
        let next = from + records.len() as u64;
        let offsets = (from..next).collect();
        ReceivedBatch { partition: on_letters.clone(), records, offsets, next, appended: vec![at(0)] }
    };
    let mut records = BatchBuilder::default();
    letter.push_marker(&mut records, Settlement::Replayed, LetterPlace { partition: 0, offset: 0 });
    records.push(b"", b"no letter");
    evaluating.push(batch(records, 0));
    assert_eq!(evaluating.metrics.undecodable.get(), 1);
    assert!(evaluating.capacity() > 0, "nothing fires");
    let mut records = BatchBuilder::default();
    letter.push(&mut records);
    evaluating.push(batch(records, 2));
    assert_eq!(evaluating.capacity(), 0);
    assert_eq!(stage.store(&mut evaluating).await, [3]);
    assert_eq!(alerts(&store).await, [("rejected".to_owned(), true)]);
}
