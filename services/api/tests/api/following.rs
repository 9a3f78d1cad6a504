//! Live events as server-sent events.

use crate::events::event;
use crate::platform::{Platform, at, ports};
use crate::stream::Events;
use serde_json::json;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Timestamp;
use watchkeeper_port_contract::hostile;
use watchkeeper_ports::{BatchBuilder, Topic};
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;

/// Batches that a stream may lag before it misses some.
const MAX_BEHIND_BATCHES: u32 = 64;

/// A stream that has begun.
async fn open(platform: &Platform, path: &str) -> Events {
    let before = Timestamp::now();
    let mut events = Events::open(platform, path).await;
    let (name, data) = events.next().await.unwrap();
    let from: Timestamp = data["from"].as_str().unwrap().parse().unwrap();
    assert_eq!(name, "begin");
    assert!(from >= before, "what arrives later is on the stream");
    events
}

#[tokio::test]
async fn matching_events_are_delivered_as_they_arrive() {
    let platform = Platform::start().await;
    platform.publish_events(&[event(&at("10:00:00"), "before")]).await;
    let mut events = open(&platform, "/v1/events/stream?query=service%3Dshop+-health").await;
    platform
        .publish_events(&[event(&at("10:00:00"), "GET /health"), event(&at("10:00:01"), "GET /cart")])
        .await;
    let mut batch = BatchBuilder::default();
    batch.push(b"", br#"{"app":"shop","lvl":"E","msg":"from another program"}"#);
    platform.ports.bus.publish(&Topic::EVENTS, batch.finish()).await.unwrap();
    let (name, data) = events.next().await.unwrap();
    assert_eq!(
        (name.as_str(), &data["message"], &data["fields"]["status"]),
        ("event", &json!("GET /cart"), &json!(200))
    );
    let (_, data) = events.next().await.unwrap();
    assert_eq!((&data["message"], &data["level"]), (&json!("from another program"), &json!("error")));
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_learns_how_many_events_it_missed() {
    let platform = Platform::start().await;
    let mut slow = open(&platform, "/v1/events/stream").await;
    let mut fast = open(&platform, "/v1/events/stream").await;
    let total = MAX_BEHIND_BATCHES + 6;
    for number in 0..total {
        platform.publish_events(&[event(&at("10:00:00"), &number.to_string())]).await;
        // So that each is a batch of its own.
        fast.next().await.unwrap();
    }
    assert_eq!(slow.next().await, Some(("lagged".to_owned(), json!({ "missed": 6 }))));
    for number in 6..total {
        assert_eq!(slow.next().await.unwrap().1["message"], number.to_string());
    }
}

#[tokio::test]
async fn after_the_loss_of_the_bus_no_gap_goes_unsaid() {
    let world = World::new();
    world.bus.hold("tail");
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.bus.let_pass("tail", 1);
    let mut events = open(&platform, "/v1/events/stream").await;
    world.bus.called("tail", |calls| calls.ended == 1).await;
    let numbered = |number: u32| event(&at("10:00:00"), &number.to_string());
    platform.publish_events(&[numbered(0)]).await;
    assert_eq!(events.next().await.unwrap().1["message"], "0");

    world.bus.lose_tails();
    world.bus.called("tail", |calls| calls.begun == 2).await;
    platform.publish_events(&[numbered(1), numbered(2)]).await;
    world.bus.let_pass("tail", 1);
    world.bus.called("tail", |calls| calls.ended == 2).await;
    platform.publish_events(&[numbered(3)]).await;
    assert_eq!(events.next().await, Some(("lagged".to_owned(), json!({ "missed": 2 }))));
    assert_eq!(events.next().await.unwrap().1["message"], "3");
}

#[tokio::test]
async fn a_stream_says_that_it_ends_when_the_role_stops() {
    let platform = Platform::start().await;
    let mut events = open(&platform, "/v1/events/stream").await;
    platform.stop().await;
    assert_eq!(events.next().await, Some(("end".to_owned(), json!({}))));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn the_good_event_behind_whatever_comes_to_the_topic_is_delivered() {
    for seed in 0..24 {
        let platform = Platform::start().await;
        let mut events = open(&platform, "/v1/events/stream?query=message%3Dgood").await;
        platform.ports.bus.publish(&Topic::EVENTS, hostile::records(seed)).await.unwrap();
        platform.publish_events(&[event(&at("10:00:00"), "good")]).await;
        let (name, data) = events.next().await.unwrap();
        assert_eq!((name.as_str(), &data["message"]), ("event", &json!("good")), "seed {seed}");
    }
}
