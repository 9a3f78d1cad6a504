//! A bus that is lost and found again while samples are followed.

use crate::platform::{Platform, at, ports, sample};
use crate::stream::Events;
use serde_json::json;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Sample;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;

fn numbered(number: u32) -> Sample {
    sample("host", "load", "a", &at("10:00:00"), number.into())
}

#[tokio::test]
async fn a_stream_outlives_the_loss_of_the_bus_and_learns_how_much_it_missed() {
    let world = World::new();
    world.bus.hold("tail");
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.bus.let_pass("tail", 1);
    let mut events = Events::open(&platform, "/v1/stream").await;
    world.bus.called("tail", |calls| calls.ended == 1).await;
    platform.publish(&[numbered(0)]).await;
    assert_eq!(events.next().await.unwrap().1["value"], 0.0);

    world.bus.lose_tails();
    world.bus.called("tail", |calls| calls.begun == 2).await;
    platform.publish(&[numbered(1), numbered(2)]).await;
    world.bus.let_pass("tail", 1);
    world.bus.called("tail", |calls| calls.ended == 2).await;
    platform.publish(&[numbered(3)]).await;
    assert_eq!(events.next().await, Some(("lagged".to_owned(), json!({ "missed": 2 }))));
    assert_eq!(events.next().await.unwrap().1["value"], 3.0);
}
