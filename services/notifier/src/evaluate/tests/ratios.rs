//! Ratios, whose two series may be in partitions of different members.

use super::*;

/// By the fake bus, the series to divide belongs to partition 1, and the divisor to partition 0.
const FREE: (&str, &str) = ("free", "b1");
const ALL: (&str, &str) = ("all", "b0");

fn partitions() -> [TopicPartition; 2] {
    [0, 1].map(|number| TopicPartition::new(Topic::METRICS, number))
}

fn record((name, unit): (&str, &str), seconds: u64, value: f64) -> RecordBatch {
    let series = Arc::new(Series::new("test", name, unit, &[("disk", "a")]).unwrap());
    let mut record = BatchBuilder::default();
    push_sample(&mut record, &Sample::new(series, at(seconds), value));
    record.finish()
}

/// Appends a sample of both series at that time, each to its partition.
fn append_both(stage: &Stage, seconds: u64, free: f64, all: f64) {
    let [first, second] = partitions();
    stage.bus.append_to(&second, at(seconds), record(FREE, seconds, free));
    stage.bus.append_to(&first, at(seconds), record(ALL, seconds, all));
}

async fn go_on(stage: &Stage, member: &mut Evaluating, partitions: &[TopicPartition], seconds: u64) {
    for partition in partitions {
        stage.read_partition(member, partition).await;
    }
    member.take_passed_on().await;
    member.tick(at(seconds)).await;
    stage.store(member).await;
}

#[tokio::test]
async fn a_ratio_of_one_instant_is_computed_in_whatever_order_its_samples_are_read() {
    for order in [[0, 1], [1, 0]] {
        let stage = Stage::with_partitions(2);
        let store = stage.open();
        let mut member = stage.member(&store, &partitions()).await;
        let order = order.map(|number: usize| partitions()[number].clone());
        append_both(&stage, 0, 50.0, 100.0);
        go_on(&stage, &mut member, &order, 0).await;
        // With the divisor before it, the ratio would be 0.5.
        append_both(&stage, 10, 50.0, 1_000.0);
        go_on(&stage, &mut member, &order, 10).await;
        assert_eq!(alerts(&store).await, [("low".to_owned(), true)], "{order:?}");
        // And here 0.05.
        append_both(&stage, 20, 50.0, 100.0);
        go_on(&stage, &mut member, &order, 20).await;
        assert_eq!(alerts(&store).await, [("low".to_owned(), false)], "{order:?}");
    }
}

#[tokio::test]
async fn a_divisor_that_another_member_reads_is_passed_on_and_kept_over_a_restart() {
    let stage = Stage::with_partitions(2);
    let store = stage.open();
    let [first, second] = partitions();
    let mut reads_divisors = stage.member(&store, slice::from_ref(&first)).await;
    let mut divides = stage.member(&store, slice::from_ref(&second)).await;
    for (seconds, free, is_firing) in [(0, 50.0, None), (10, 5.0, Some(true)), (20, 60.0, Some(false))] {
        append_both(&stage, seconds, free, 100.0);
        // Its samples are held until those that others pass on have come.
        go_on(&stage, &mut divides, slice::from_ref(&second), seconds).await;
        go_on(&stage, &mut reads_divisors, slice::from_ref(&first), seconds).await;
        go_on(&stage, &mut divides, slice::from_ref(&second), seconds + 4).await;
        let expected: Vec<_> = is_firing.iter().map(|is_firing| ("low".to_owned(), *is_firing)).collect();
        assert_eq!(alerts(&store).await, expected, "{seconds}");
    }
    assert_eq!(stage.bus.len(&TopicPartition::new(Topic::METRICS.repartition(), 1)), 3);
    let mut divides = stage.member(&store, slice::from_ref(&second)).await;
    stage.bus.append_to(&second, at(30), record(FREE, 30, 5.0));
    go_on(&stage, &mut divides, slice::from_ref(&second), 34).await;
    assert_eq!(alerts(&store).await, [("low".to_owned(), true)], "by the divisor from before");
}

#[tokio::test]
async fn no_position_passes_a_sample_of_a_ratio_that_waits() {
    let stage = Stage::new();
    let store = stage.open();
    let mut member = stage.evaluating(&store).await;
    stage.bus.append(at(10), record(FREE, 10, 5.0));
    stage.read(&mut member).await;
    assert!(stage.store(&mut member).await.is_empty());
    member.tick(at(10)).await;
    assert_eq!(stage.store(&mut member).await, [1]);
}
