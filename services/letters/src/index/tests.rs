use super::*;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{BatchBuilder, Record, Topic, TopicPartition};
use watchkeeper_wire::dead_letter::{DeadLetter, Settlement};

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);

struct Stage {
    letters: Letters,
    _dir: TempDir,
}

impl Stage {
    fn at_most(most: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bus = Arc::new(EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap());
        Self { letters: Letters::at_most(most, bus), _dir: dir }
    }

    fn follow(&self) -> (RoleContext, JoinHandle<RoleResult>) {
        let (context, letters) = (RoleContext::detached("api"), self.letters.clone());
        let role = context.clone();
        (context, tokio::spawn(async move { letters.follow(&role).await }))
    }

    async fn reject(&self, offsets: std::ops::Range<u64>) {
        let mut batch = BatchBuilder::default();
        for offset in offsets {
            letter(offset).push(&mut batch);
        }
        self.letters.bus().publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    }

    async fn waiting(&self) -> Vec<u64> {
        self.letters.look(|ledger| ledger.after(None).map(|id| id.offset).collect()).await.unwrap()
    }
}

fn letter(offset: u64) -> DeadLetter<'static> {
    DeadLetter {
        reason: "bad",
        rejected_by: "persister",
        rejected_at: Timestamp::MIN,
        origin: TopicPartition::new(Topic::METRICS, 0),
        offset,
        record: Record { key: b"k", value: b"v", headers: &[], incomplete: None },
    }
}

fn id(offset: u64) -> LetterId {
    LetterId { partition: TopicPartition::new(Topic::METRICS.dead_letters(), 0), offset }
}

#[tokio::test]
async fn whoever_asks_learns_of_everything_that_was_on_the_topic_before() {
    let stage = Stage::at_most(10);
    let _following = stage.follow();
    assert_eq!(stage.waiting().await, [0; 0]);
    for number in 0..3 {
        stage.reject(number..number + 1).await;
        assert_eq!(stage.waiting().await, (0..=number).collect::<Vec<_>>());
    }
    let mut marker = BatchBuilder::default();
    letter(1).push_marker(&mut marker, Settlement::Discarded, id(1).place());
    stage.letters.bus().publish(&Topic::METRICS.dead_letters(), marker.finish()).await.unwrap();
    assert_eq!(stage.waiting().await, [0, 2]);
}

#[tokio::test(start_paused = true)]
async fn before_the_topics_were_read_once_it_says_how_far_it_is() {
    let stage = Stage::at_most(10);
    stage.reject(0..3).await;
    let not_now = stage.letters.look(Ledger::listed).await.unwrap_err();
    assert!(matches!(not_now, NotNow::Reading(_)), "{not_now}");
    let reading = NotNow::Reading(Progress { read: 41_000, of: 110_300 });
    assert_eq!(
        reading.to_string(),
        "reading the dead-letter topics, as after every start: 41,000 of 110,300 records so far"
    );
}

#[tokio::test]
async fn of_two_who_follow_one_index_one_reads_and_the_other_takes_over() {
    let stage = Stage::at_most(10);
    let (first, ended) = stage.follow();
    stage.reject(0..1).await;
    assert_eq!(stage.waiting().await, [0]);
    let _second = stage.follow();
    first.shutdown().cancel();
    ended.await.unwrap().unwrap();
    stage.reject(1..2).await;
    assert_eq!(stage.waiting().await, [0, 1]);
}

#[tokio::test]
async fn letters_past_the_room_are_counted_and_listed_when_others_are_settled() {
    let stage = Stage::at_most(4);
    let _following = stage.follow();
    stage.reject(0..10).await;
    assert_eq!(stage.waiting().await, [0, 1, 2, 3]);
    assert_eq!(stage.letters.known(Ledger::unlisted), 6);
    let mut settled = Vec::new();
    while timeout(PATIENCE, stage.letters.more_than(0)).await.unwrap().unwrap() {
        let known: Vec<_> = stage.letters.known(|ledger| ledger.after(None).collect());
        stage.letters.settle(&known);
        settled.extend(known);
    }
    assert_eq!(settled, (0..10).map(id).collect::<Vec<_>>());
}

/// Memory of an index of [`MAX_LETTERS`], including free capacity.
const MAX_INDEX_BYTES: u64 = 64 << 20;

#[test]
fn a_full_index_lists_as_many_letters_as_it_says_in_the_memory_that_it_says() {
    let partition = id(0).partition;
    let batch_from = |first: u64| {
        let mut batch = BatchBuilder::default();
        (first..first + 1_000).for_each(|offset| letter(offset).push(&mut batch));
        watchkeeper_ports::ReceivedBatch {
            partition: partition.clone(),
            records: batch.finish(),
            offsets: (first..first + 1_000).collect(),
            next: first + 1_000,
            appended: vec![Timestamp::MIN],
        }
    };
    let mut ledger = Ledger::at_most(MAX_LETTERS);
    let used = allocation_counter::measure(|| {
        for first in (0..MAX_LETTERS as u64 + 1_000).step_by(1_000) {
            ledger.note(&batch_from(first));
        }
    });
    assert_eq!((ledger.listed(), ledger.unlisted()), (MAX_LETTERS, 1_000));
    let bytes = used.bytes_current.unsigned_abs();
    assert!(bytes < MAX_INDEX_BYTES, "{bytes}");
}
