//! Further topics, and topics to which events are routed.

use crate::stage::{Stage, config, texts};
use watchkeeper_domain::Level;
use watchkeeper_ports::Topic;

#[tokio::test]
async fn each_topic_is_read_in_its_format() {
    let stage = Stage::with(
        r#"
        [[processor.topic]]
        name = "objects"
        format = "json"
        [[processor.topic]]
        name = "lines"
        format = "line"
        [[processor.topic]]
        name = "pairs"
        format = "logfmt"
        [[processor.topic]]
        name = "devices"
        format = "syslog"
        "#,
    );
    let publish = async |topic: &'static str, records: &[&[u8]]| {
        stage.publish_to(&Topic::named(topic), texts(records)).await;
    };
    publish("objects", &[br#"{"msg":"an object"}"#, b"no object"]).await;
    publish("lines", &[br#"{"msg":"a line"}"#]).await;
    publish("pairs", &[b"level=warn msg=\"a pair\" n=1"]).await;
    publish("devices", &[b"<11>1 2026-11-29T10:00:00Z web-1 shop 7 - - a message"]).await;
    let role = stage.run(config());
    let stored = stage.comes_to(4).await;
    role.stop_well().await;
    assert_eq!(stage.messages().await, ["a message", "a pair", "an object", r#"{"msg":"a line"}"#]);
    let found = |message: &str| stored.iter().find(|event| event.message == message).unwrap();
    assert_eq!(found("a pair").level, Level::Warn);
    assert_eq!((found("a message").host.as_str(), found("a message").level), ("web-1", Level::Error));
    let letters = stage.records(&Topic::named("objects.dead")).await;
    assert_eq!(letters.records.get(0).value, b"no object");
}

#[tokio::test]
async fn a_routed_event_is_on_its_topic_and_a_dropped_one_is_nowhere() {
    let stage = Stage::with(
        r#"
        [[pipeline]]
        name = "audit"
        match = "service=audit"
        [[pipeline.step]]
        route = "audit"
        [[pipeline]]
        name = "health"
        match = "path=/health"
        [[pipeline.step]]
        drop = true
        "#,
    );
    let lines: [&[u8]; 3] = [
        br#"{"service":"audit","msg":"login"}"#,
        br#"{"service":"shop","path":"/health","msg":"ok"}"#,
        br#"{"service":"shop","msg":"sold"}"#,
    ];
    stage.publish_events(texts(&lines)).await;
    let role = stage.run(config());
    stage.comes_to(2).await;
    role.stop_well().await;
    assert_eq!(stage.messages().await, ["login", "sold"]);
    let routed = stage.records(&Topic::named("audit")).await;
    assert_eq!(routed.records.len(), 1);
}
