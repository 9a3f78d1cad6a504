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

    /// A sample of the series comes on that partition, is taken there, and goes where it belongs.
    async fn measure_on(&mut self, number: usize, seconds: u64, value: f64) {
        let partition = &partitions()[number];
        self.stage.bus.append_to(partition, at(seconds), sample(TARGET, seconds, value));
        self.stage.read_partition(&mut self.members[number], partition).await;
        self.stage.store(&mut self.members[number]).await;
        self.take_passed_on().await;
    }

    async fn take_passed_on(&mut self) {
        self.members[1].take_passed_on().await.unwrap();
        self.stage.store(&mut self.members[1]).await;
    }
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
        stage.bus.append_to(partition, at(seconds), sample(TARGET, seconds, value));
        stage.read_partition(&mut member, partition).await;
        stage.store(&mut member).await;
        assert_eq!(alerts(&store).await, [("high".to_owned(), is_firing)]);
    }
    assert_eq!((stage.bus.len(&inlet()), member.metrics.repartitioned.get()), (0, 1));
}

#[tokio::test]
async fn what_another_member_has_taken_counts_once_though_it_was_passed_on_twice() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    two.stage.bus.append_to(&first, at(0), sample(TARGET, 0, 20.0));
    two.stage.read_partition(&mut two.members[0], &first).await;
    two.members[0].repartition.publish(&*two.stage.bus).await.unwrap();
    // It is killed before it has stored its position; another one goes on.
    two.members[0] = two.stage.member(&two.store, slice::from_ref(&first)).await;
    two.stage.read_partition(&mut two.members[0], &first).await;
    two.stage.store(&mut two.members[0]).await;
    assert_eq!(two.stage.bus.len(&inlet()), 2);
    two.take_passed_on().await;
    let fired = two.store.alerts().alerts(None, 10).await.unwrap();
    two.measure_on(1, 10, 1.0).await;
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), false)]);
    two.stage.bus.append_to(&inlet(), at(20), sample(TARGET, 0, 20.0));
    two.take_passed_on().await;
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), false)], "it is not newer than what it knows");
    assert_eq!(fired.len(), 1);
}

#[tokio::test]
async fn nothing_is_stored_before_it_was_passed_on() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    two.stage.bus.is_away(true);
    two.stage.bus.append_to(&first, at(0), sample(TARGET, 0, 20.0));
    two.stage.read_partition(&mut two.members[0], &first).await;
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
    assert!(!two.members[1].take_passed_on().await.unwrap(), "it is behind what the other has stored");
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
    let mut two = Two::new().await;
    two.measure_on(0, 0, 1.0).await;
    two.measure_on(0, 10, 1.0).await;
    two.stage.bus.create_anew(&Topic::METRICS.repartition());
    two.measure_on(0, 20, 20.0).await;
    two.take_passed_on().await;
    assert_eq!(alerts(&two.store).await, [("high".to_owned(), true)]);
}

#[tokio::test]
async fn so_much_is_kept_for_other_members_and_no_more() {
    let mut two = Two::new().await;
    let [first, _] = partitions();
    let member = &mut two.members[0];
    let record = sample(TARGET, 0, 1.0);
    let mut kept = 0;
    while member.room() > 0 {
        let partition = first.clone();
        member.take(ReceivedBatch {
            partition,
            records: record.clone(),
            offsets: vec![kept],
            next: kept + 1,
            appended_at: at(0),
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
    assert!(two.members[0].room() > 0);
}
