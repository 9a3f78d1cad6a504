//! Every event is stored, once.

use crate::stage::{Stage, config, event, metric, records, texts};
use watchkeeper_domain::Level;
use watchkeeper_ports::{Group, Topic};
use watchkeeper_processor::ProcessorConfig;
use watchkeeper_test_kit::{Staged, unavailable};

#[tokio::test]
async fn an_event_that_is_on_the_bus_twice_is_stored_once() {
    let stage = Stage::new();
    let events: Vec<_> = (0..5).map(|number| event(number, Level::Info)).collect();
    stage.publish_events(records(&events)).await;
    stage.publish_events(records(&events)).await;
    stage.publish_events(records(&[event(9, Level::Info)])).await;
    let role = stage.run(config());
    stage.comes_to(6).await;
    let context = role.stop_well().await;
    assert_eq!(stage.messages().await, ["0", "1", "2", "3", "4", "9"]);
    assert_eq!(metric(&context, "events_stored_total").to_string(), "6");
    assert_eq!(metric(&context, "events_repeated_total").to_string(), "5");
}

#[tokio::test]
async fn a_store_that_is_unavailable_is_tried_again_and_a_restart_continues() {
    let stage = Stage::new();
    stage.events.fail_next("append", unavailable("store"));
    stage.publish_events(records(&[event(1, Level::Info)])).await;
    let role = stage.run(config());
    stage.comes_to(1).await;
    role.stop_well().await;
    stage.publish_events(records(&[event(2, Level::Info)])).await;
    let role = stage.run(config());
    stage.comes_to(2).await;
    role.stop_well().await;
    assert_eq!(stage.messages().await, ["1", "2"]);
    assert_eq!(stage.lag(&Topic::EVENTS).await, 0);
}

#[tokio::test]
async fn of_two_that_both_believe_a_partition_theirs_none_stores_what_the_other_has_stored() {
    const EVENTS: u32 = 200;
    let stage = Stage::new();
    let small = || ProcessorConfig { batch_records: 7, ..config() };
    let zombie_bus = Staged::new(stage.bus.inner());
    zombie_bus.join_as(Group::named("zombie"));
    let (one, zombie) = (stage.run(small()), stage.run_on(zombie_bus, small()));
    for start in (0..EVENTS).step_by(20) {
        let events: Vec<_> = (start..start + 20).map(|number| event(number, Level::Info)).collect();
        stage.publish_events(records(&events)).await;
    }
    stage.comes_to(EVENTS as usize).await;
    one.stop_well().await;
    zombie.stop_well().await;
    assert_eq!(stage.messages().await.len(), EVENTS as usize);
}

#[tokio::test]
async fn lines_and_objects_of_other_programs_are_events_and_tombstones_are_nothing() {
    let stage = Stage::new();
    let old = br#"{"time":"2009-11-29T10:00:00Z","msg":"old"}"#;
    stage.publish_events(texts(&[b"not json", b"", br#"{"msg":"made","lvl":"E"}"#, old, b"caf\xe9"])).await;
    let role = stage.run(config());
    let stored = stage.comes_to(3).await;
    role.stop_well().await;
    assert_eq!(stage.messages().await, ["caf\u{fffd}", "made", "not json"]);
    let made = stored.iter().find(|event| event.message == "made").unwrap();
    assert_eq!(made.level, Level::Error);
    assert_eq!(stage.lag(&Topic::EVENTS).await, 0);
    let letters = stage.records(&Topic::EVENTS.dead_letters()).await;
    assert_eq!(letters.records.iter().map(|record| record.value).collect::<Vec<_>>(), [&old[..]]);
}
