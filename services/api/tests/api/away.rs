//! Responses of the api while dependencies are unavailable.

mod alerting;

use crate::platform::{Platform, at, ports, sample};
use axum::http::StatusCode;
use watchkeeper_api::ApiConfig;
use watchkeeper_ports::PortError;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;

/// A store or a cache that cannot be reached.
pub(crate) fn away() -> PortError {
    PortError::Unavailable { what: "store", reason: "connection refused by 192.0.2.7".into() }
}

#[tokio::test]
async fn without_a_cache_the_latest_samples_come_from_the_store() {
    let world = World::new();
    world.latest.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.store(&[sample("host", "load", "a", &at("10:00:00"), 1.0)]).await;
    assert_eq!(platform.answer("/v1/latest").await["samples"][0]["value"], 1.0);
}

#[tokio::test]
async fn without_a_store_questions_are_refused_for_now_and_no_more_is_told() {
    let world = World::new();
    world.samples.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    for path in ["/v1/series", "/v1/latest", "/v1/samples", "/v1/range"] {
        let (status, problem) = platform.get(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["detail"], "the store is not available", "{path}");
    }
    let status = platform.answer("/v1/status").await;
    assert_eq!((&status["dead_letters"], &status["cached_series"]), (&0.into(), &0.into()));
}

#[tokio::test]
async fn without_a_store_of_events_they_are_refused_for_now_and_without_a_cache_they_are_answered() {
    let world = World::new();
    world.events.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    for path in
        ["/v1/events", "/v1/events/histogram", "/v1/events/top", "/v1/events/fields", "/v1/events/counts"]
    {
        let (status, problem) = platform.get(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["detail"], "the store is not available", "{path}");
    }
    let world = World::new();
    world.answers.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    assert_eq!(platform.answer("/v1/events/histogram").await["events"], 0);
}
