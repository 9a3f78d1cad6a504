//! The events of each minute are counted.

use crate::stage::{Stage, config, event, records};
use watchkeeper_domain::event::EVENTS;
use watchkeeper_domain::{Level, Timestamp};
use watchkeeper_ports::{AnswerCache as _, EventQueries as _, Topic};
use watchkeeper_query::LiveCounts;
use watchkeeper_test_kit::soon;
use watchkeeper_wire::sample::SampleDecoder;

#[tokio::test]
async fn the_events_of_a_settled_minute_become_samples_and_those_of_this_minute_are_live() {
    let stage = Stage::new();
    let mut events: Vec<_> = (0..6).map(|number| event(number, Level::Error)).collect();
    let earlier = Timestamp::now().minus(std::time::Duration::from_secs(5 * 60));
    for event in &mut events[..4] {
        event.occurred_at = earlier;
    }
    stage.publish_events(records(&events)).await;
    let role = stage.run(config());
    stage.comes_to(6).await;
    let published = soon(async {
        loop {
            let published = stage.records(&Topic::METRICS).await;
            if !published.records.is_empty() {
                return published;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let sample = SampleDecoder::new().decode(published.records.get(0).value).unwrap();
    assert_eq!(sample.series.key(), "events/events{level=\"error\",service=\"shop\"} events");
    assert_eq!(sample.value.to_string(), "4");
    let counts = stage.events.counts(EVENTS, Timestamp::MIN..Timestamp::MAX).await.unwrap();
    assert_eq!(counts.iter().map(|count| count.events).sum::<u64>(), 6);
    soon(async {
        while stage.answers.get(LiveCounts::KEY).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    role.stop_well().await;
}
