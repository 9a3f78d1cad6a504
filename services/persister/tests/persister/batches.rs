//! What goes into one transaction.

use crate::stage::{Stage, config, counted, records};
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::{EventBus, Group, Topic};
use watchkeeper_test_kit::{soon, unavailable};

#[tokio::test]
async fn a_transaction_stores_at_most_as_many_records_as_it_may() {
    let stage = Stage::new();
    stage.publish(records(0..10)).await;
    let role = stage.run(PersisterConfig { batch_records: 4, ..config() });
    stage.samples.comes_to(10).await;
    role.stop_well().await;
    let sizes: Vec<_> = stage.samples.appends().iter().map(|append| append.items.len()).collect();
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(stage.stored().await, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_store_that_is_away_is_tried_again_and_nothing_is_stored_twice() {
    let stage = Stage::new();
    (0..3).for_each(|_| stage.samples.fail_next("append_within", unavailable("it")));
    stage.publish(records(0..3)).await;
    let role = stage.run(config());
    stage.samples.comes_to(3).await;
    let context = role.stop_well().await;
    let counters = ["samples_stored", "samples_repeated", "store_errors"];
    assert_eq!(counted(&context, counters), ["3", "0", "3"]);
    assert_eq!(stage.stored().await, [0, 1, 2]);
    let lag = stage.bus.lag(&Topic::METRICS, &Group::PERSISTER).await.unwrap();
    assert_eq!(lag[0].records(), 0, "the position is committed to the bus for those who watch");
}

#[tokio::test]
async fn the_next_batch_is_received_while_one_is_stored_and_stored_after_it() {
    let stage = Stage::new();
    stage.publish(records(0..8)).await;
    stage.samples.hold("append_within");
    let role = stage.run(PersisterConfig { batch_records: 4, ..config() });
    stage.samples.called("append_within", |calls| calls.under_way() == 1).await;
    let received = async {
        let received = || {
            watchkeeper_test_kit::counted(role.context.registry(), "watchkeeper_consumer_records_total", &[])
        };
        while received() < 8.0 {
            tokio::task::yield_now().await;
        }
    };
    soon(received).await;
    assert_eq!(stage.samples.calls("append_within").under_way(), 1, "the second waits for the first");
    stage.samples.release("append_within");
    stage.samples.comes_to(8).await;
    role.stop_well().await;
    let sizes: Vec<_> = stage.samples.appends().iter().map(|append| append.items.len()).collect();
    assert_eq!(sizes, [4, 4]);
    assert_eq!(stage.stored().await, (0..8).collect::<Vec<_>>());
}
