//! `/v1/status`.

use crate::platform::{Platform, alert, at, sample};
use serde_json::json;
use watchkeeper_domain::Severity;
use watchkeeper_ports::{BatchBuilder, Topic};

#[tokio::test]
async fn the_status_tells_roles_lag_dead_letters_and_the_cache() {
    let platform = Platform::start().await;
    let sample = sample("host", "load", "a", &at("10:00:00"), 1.0);
    platform.publish(&[sample.clone(), sample.clone()]).await;
    platform.cache(&[sample]).await;
    let mut cleared = alert("busy", Severity::Warning, "b");
    cleared.cleared_at = Some(cleared.fired_at);
    platform.fire(&[alert("busy", Severity::Warning, "a"), cleared]).await;
    let status = platform.answer("/v1/status").await;
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    let role = &status["roles"][0];
    assert_eq!((&role["role"], &role["ready"]), (&json!("api"), &json!(true)));
    assert!(role["status"].as_str().unwrap().ends_with(" requests/s, 0 streams"), "{role}");
    let lag = |group| json!({ "group": group, "topic": "metrics", "records": 2 });
    assert_eq!(status["lag"], json!([lag("persister"), lag("cache"), lag("notifier")]));
    assert_eq!((&status["dead_letters"], &status["cached_series"]), (&json!(0), &json!(1)));
    assert_eq!((&status["firing_alerts"], &status["waiting_notifications"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn what_is_no_letter_on_a_dead_letter_topic_does_not_count() {
    let platform = Platform::start().await;
    let mut batch = BatchBuilder::default();
    batch.push(b"k", b"v");
    platform.ports.bus.publish(&Topic::METRICS.dead_letters(), batch.finish()).await.unwrap();
    assert_eq!(platform.answer("/v1/status").await["dead_letters"], 0);
}
