//! Samples that lie in another partition than their series' key says, and two members.

use super::*;
use crate::evaluate::repartition::MAX_PASSED_ON_BYTES;

/// Its series belongs to partition 1, by the fake bus.
const TARGET: &str = "shop1";

fn partitions() -> [TopicPartition; 2] {
    [0, 1].map(|number| TopicPartition::new(Topic::METRICS, number))
}

/// Where samples for partition 1 are published once more.
fn inlet() -> TopicPartition {
    TopicPartition::new(Topic::METRICS.repartition(), 1)
}

/// Two members with a partition each.
struct Two {
    stage: Stage,
    store: EmbeddedAlerts,
    members: [Evaluating; 2],
}

impl Two {
    async fn new() -> Self {
        let stage = Stage::with_partitions(2);
        let store = stage.open();
        let [first, second] = partitions();
        let members = [stage.member(&store, &[first]).await, stage.member(&store, &[second]).await];
        Self { stage, store, members }
    }

    /// A sample of the series comes on that partition without a key, is taken there, and goes where it belongs.
    async fn measure_on(&mut self, number: usize, seconds: u64, value: f64) {
        let partition = &partitions()[number];
        self.stage.bus.append_to(partition, at(seconds), without_key(seconds, value));
        self.stage.read_partition(&mut self.members[number], partition).await;
        self.pass_until(seconds + 4).await;
    }

    /// Time passes for both, one after the other: what the first passes on comes to the second.
    async fn pass_until(&mut self, seconds: u64) {
        for member in &mut self.members {
            member.take_passed_on().await;
            member.tick(at(seconds)).await;
            self.stage.store(member).await;
        }
    }
}

/// As a producer publishes it that gives no key.
fn without_key(seconds: u64, value: f64) -> RecordBatch {
    let keyed = sample(TARGET, seconds, value);
    let mut record = BatchBuilder::default();
    record.push(b"", keyed.get(0).value);
    record.finish()
}

#[tokio::test]
async fn an_alert_that_one_partition_fired_is_cleared_by_a_sample_on_another() {
    for (fires_on, clears_on) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let mut two = Two::new().await;
        two.measure_on(fires_on, 0, 20.0).await;
        assert_eq!(alerts(&two.store).await, [("high".to_owned(), true)], "{fires_on} {clears_on}");
        two.measure_on(clears_on, 10, 1.0).await;
        assert_eq!(alerts(&two.store).await, [("high".to_owned(), false)], "{fires_on} {clears_on}");
    }
}

#[tokio::test]
async fn a_member_that_has_all_partitions_takes_samples_home_by_itself() {
    let stage = Stage::with_partitions(2);
    let store = stage.open();
    let mut member = stage.member(&store, &partitions()).await;
    for (partition, seconds, value, is_firing) in [(0, 0, 20.0, true), (1, 10, 1.0, false)] {
        let partition = &partitions()[partition];
        stage.bus.append_to(partition, at(seconds), without_key(seconds, value));
        stage.read_partition(&mut member, partition).await;
        member.take_passed_on().await;
        member.tick(at(seconds)).await;
        stage.store(&mut member).await;
        assert_eq!(alerts(&store).await, [("high".to_owned(), is_firing)]);
    }
    assert_eq!((stage.bus.len(&inlet()), member.metrics.repartitioned.get()), (0, 1));
}

#[tokio::test]
async fn what_lies_on_several_partitions_is_taken_in_the_order_of_its_times() {
    let stage = Stage::with_partitions(2);
    let store = stage.open();
    let mut member = stage.member(&store, &partitions()).await;
    let [first, second] = partitions();
    // The newest lies on the partition that is read first.
    for (partition, seconds, value) in [(&first, 20, 1.0), (&second, 0, 1.0), (&second, 10, 20.0)] {
        stage.bus.append_to(partition, at(seconds), without_key(seconds, value));
    }
    stage.read_partition(&mut member, &first).await;
    member.take_passed_on().await;
    assert!(!member.tick(at(30)).await);
    assert!(stage.store(&mut member).await.is_empty(), "it waits for what the other partition has");
    stage.read_partition(&mut member, &second).await;
    assert!(member.tick(at(30)).await);
    assert_eq!(stage.store(&mut member).await, [1, 2]);
    assert_eq!(alerts(&store).await, [("high".to_owned(), false)], "it fired in between");
}

#[tokio::test]
async fn a_sample_that_still_waits_is_read_again_by_who_goes_on() {
    let stage = Stage::with_partitions(2);
    let store = stage.open();
    let [first, _] = partitions();
    let mut member = stage.member(&store, slice::from_ref(&first)).await;
    stage.bus.append_to(&first, at(0), sample("shop0", 0, 1.0));
    stage.bus.append_to(&first, at(1), without_key(1, 20.0));
    stage.bus.append_to(&first, at(1), sample("shop0", 1, 1.0));
    stage.read_partition(&mut member, &first).await;
    assert_eq!(stage.store(&mut member).await, [1], "no further than what waits");
    let member = stage.member(&store, slice::from_ref(&first)).await;
    assert_eq!(member.partitions[&first].own.taken, 1);
}

#[tokio::test]
async fn while_it_cannot_be_read_what_others_pass_on_no_time_passes() {
    let mut two = Two::new().await;
    let [_, second] = partitions();
    two.stage.bus.append_to(&second, at(0), sample(TARGET, 0, 1.0));
    two.stage.read_partition(&mut two.members[1], &second).await;
    two.stage.bus.is_unreadable(true);
    two.members[1].take_passed_on().await;
    assert!(!two.members[1].tick(at(600)).await, "a sample may lie there");
    two.stage.bus.is_unreadable(false);
    two.members[1].take_passed_on().await;
    assert!(two.members[1].tick(at(600)).await, "now it is silent indeed");
}

#[tokio::test]
async fn what_another_member_has_taken_counts_once_though_it_was_passed_on_twice() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    two.stage.bus.append_to(&first, at(0), without_key(0, 20.0));
    two.stage.read_partition(&mut two.members[0], &first).await;
    two.members[0].take_passed_on().await;
    two.members[0].tick(at(4)).await;
    two.members[0].repartition.publish(&*two.stage.bus).await.unwrap();
    // It is killed before it has stored its position; another one goes on.
    two.members[0] = two.stage.member(&two.store, slice::from_ref(&first)).await;
    two.stage.read_partition(&mut two.members[0], &first).await;
    two.pass_until(4).await;
    assert_eq!(two.stage.bus.len(&inlet()), 2);
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), true)]);
    two.measure_on(1, 10, 1.0).await;
    two.stage.bus.append_to(&inlet(), at(20), sample(TARGET, 0, 20.0));
    two.pass_until(30).await;
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), false)], "it is not newer than what it knows");
}

#[tokio::test]
async fn nothing_is_stored_before_it_was_passed_on() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    two.stage.bus.is_away(true);
    two.stage.bus.append_to(&first, at(0), without_key(0, 20.0));
    two.stage.read_partition(&mut two.members[0], &first).await;
    two.members[0].take_passed_on().await;
    two.members[0].tick(at(4)).await;
    let error = two.members[0].store(&two.stage.heartbeat).await.unwrap_err();
    assert_eq!(error.failure(), watchkeeper_ports::Failure::Retry, "{error}");
    let position = two.store.alerts().position(&Group::NOTIFIER, &first, &TopicId::new("metrics")).await;
    assert_eq!(position.unwrap().next(), 0);
    two.stage.bus.is_away(false);
    assert_eq!(two.stage.store(&mut two.members[0]).await, [1]);
    assert_eq!(two.stage.bus.len(&inlet()), 1);
}

#[tokio::test]
async fn who_takes_over_a_partition_goes_on_with_what_was_passed_on() {
    let mut two = Two::new().await;
    let [_, second] = partitions();
    two.measure_on(0, 0, 20.0).await;
    two.members[1] = two.stage.member(&two.store, slice::from_ref(&second)).await;
    assert_eq!(two.members[1].partitions[&second].inlet.taken, 1, "it is behind what the other has stored");
    two.measure_on(0, 10, 1.0).await;
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), false)]);
}

#[tokio::test]
async fn an_alert_that_fired_in_a_partition_where_its_series_does_not_belong_can_clear() {
    // As it was before members passed samples on, or when the topic has got more partitions since.
    let stage = Stage::new();
    let store = stage.open();
    let mut before = stage.evaluating(&store).await;
    stage.bus.append(at(0), sample(TARGET, 0, 20.0));
    stage.read(&mut before).await;
    stage.store(&mut before).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), true)]);
    let stage = Stage { bus: Arc::new(FakeBus::with_partitions(2)), ..stage };
    let [first, second] = partitions();
    let mut members = [
        stage.member(&store, slice::from_ref(&first)).await,
        stage.member(&store, slice::from_ref(&second)).await,
    ];
    assert_eq!(store.alerts().memories(&first, &Page::first(10)).await.unwrap(), []);
    assert!(!members[0].tick(Timestamp::MAX).await, "it does not belong there");
    let now = Timestamp::now().plus(Duration::from_secs(1)).since(at(0)).as_secs() + 1;
    stage.bus.append_to(&second, at(now), sample(TARGET, now, 1.0));
    stage.read_partition(&mut members[1], &second).await;
    stage.store(&mut members[1]).await;
    assert_eq!(alerts(&store).await, [("high".to_owned(), false)]);
}

#[tokio::test]
async fn a_repartition_topic_that_was_created_anew_is_read_from_its_first_record() {
    // Whether it has more records than the one before, or fewer.
    for records in [1, 3] {
        let mut two = Two::new().await;
        two.measure_on(0, 0, 1.0).await;
        two.measure_on(0, 10, 1.0).await;
        two.stage.bus.create_anew(&Topic::METRICS.repartition());
        let Two { stage, members, .. } = &mut two;
        members[1].look_at = Instant::now();
        stage.bus.append_to(&inlet(), at(20), sample(TARGET, 20, 20.0));
        (1..records).for_each(|_| stage.bus.append_to(&inlet(), at(20), sample("mill1", 20, 1.0)));
        two.pass_until(30).await;
        assert_eq!(alerts(&two.store).await, [("high".to_owned(), true)], "{records}");
    }
}

#[tokio::test]
async fn so_much_is_kept_for_other_members_and_no_more() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    let member = &mut two.members[0];
    // Keyed, but by a partitioner of its producer's own.
    let record = sample(TARGET, 0, 1.0);
    let mut kept = 0;
    while member.capacity() > 0 {
        let partition = first.clone();
        member.push(ReceivedBatch {
            partition,
            records: record.clone(),
            offsets: vec![kept],
            next: kept + 1,
            appended: vec![at(0)],
        });
        kept += 1;
    }
    let bytes = usize::try_from(kept).unwrap() * record.published_bytes();
    assert!(
        (MAX_PASSED_ON_BYTES..MAX_PASSED_ON_BYTES + 2 * record.published_bytes()).contains(&bytes),
        "{bytes}"
    );
    two.stage.store(&mut two.members[0]).await;
    assert_eq!(two.stage.bus.len(&inlet()) as u64, kept);
    assert!(two.members[0].capacity() > 0);
}
