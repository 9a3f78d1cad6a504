//! Unavailable stores of alerts, notifications, silences and incidents.

use super::away;
use crate::platform::{Platform, at, ports, sample, soon};
use axum::http::StatusCode;
use serde_json::json;
use watchkeeper_api::ApiConfig;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;

#[tokio::test]
async fn without_the_stores_of_alerts_every_other_question_is_answered() {
    let world = World::new();
    world.alerts.fail_all(away());
    world.notifications.fail_all(away());
    world.silences.fail_all(away());
    world.incidents.fail_all(away());
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    soon(platform.context.roster().ready()).await;
    world.store(&[sample("host", "load", "a", &at("10:00:00"), 1.0)]).await;
    for path in [
        "/v1/rules",
        "/v1/rules/busy/explain",
        "/v1/alerts",
        "/v1/silences",
        "/v1/incidents",
        "/v1/notifications",
    ] {
        let (status, problem) = platform.get(path).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(problem["detail"], "the store is not available", "{path}");
    }
    let silence = json!({ "matchers": ["rule=busy"], "duration": "2h", "created_by": "ops" });
    assert_eq!(platform.post("/v1/silences", &silence).await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(platform.delete("/v1/silences/x").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let incident = json!({ "title": "slow", "text": "text" });
    assert_eq!(platform.post("/v1/incidents", &incident).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let update = json!({ "text": "text" });
    assert_eq!(platform.post("/v1/incidents/x/updates", &update).await.0, StatusCode::SERVICE_UNAVAILABLE);
    for path in ["/v1/series", "/v1/latest", "/v1/samples", "/v1/range", "/v1/rollups", "/v1/dead-letters"] {
        platform.answer(path).await;
    }
    let status = platform.answer("/v1/status").await;
    assert_eq!((status.get("firing_alerts"), status.get("waiting_notifications")), (None, None));
}
