//! `/v1/reports`.

use crate::events::event;
use crate::platform::{Platform, at, ports, soon};
use axum::body::Body;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;
use watchkeeper_api::ApiConfig;
use watchkeeper_domain::Event;
use watchkeeper_ports::PortError;
use watchkeeper_runtime::http::Access;
use watchkeeper_test_kit::World;

async fn with_services(services: &[&str]) -> Platform {
    let platform = Platform::start().await;
    let of = |service: &&str| Event { service: (*service).into(), ..event(&at("10:00:00"), service) };
    platform.store_events(&services.iter().map(of).collect::<Vec<_>>()).await;
    platform
}

#[tokio::test]
async fn reports_are_listed_with_what_they_ask_and_when_they_are_mailed() {
    let platform = Platform::start().await;
    let list = platform.answer("/v1/reports").await;
    let report = &list["reports"][0];
    for (field, expected) in [
        ("name", json!("busy")),
        ("title", json!("Busy services")),
        ("schedule", json!("daily 08:00")),
        ("time_zone", json!("Europe/Berlin")),
        ("mail", json!(["ops"])),
        ("max_rows", json!(2)),
    ] {
        assert_eq!(report[field], expected, "{field}");
    }
    assert!(report["next_at"].as_str().unwrap().ends_with(":00:00Z"), "{report}");
    assert_eq!(
        list["reports"][1],
        json!({"name": "broken", "title": "broken", "max_rows": 1000,
        "sql": "SELECT nonsense FROM events"})
    );
}

#[tokio::test]
async fn a_report_is_answered_as_json_and_says_if_it_is_cut() {
    let platform = with_services(&["shop", "blog"]).await;
    let answer = platform.answer("/v1/reports/busy").await;
    let expected = json!({
        "name": "busy", "title": "Busy services", "columns": ["service", "events", "absent"],
        "rows": [["blog", "1", null], ["shop", "1", null]],
    });
    assert_eq!(answer, expected);
    let platform = with_services(&["shop", "blog", "mail"]).await;
    assert_eq!(platform.answer("/v1/reports/busy").await["cut"], true);
}

#[tokio::test]
async fn a_report_is_answered_as_csv_that_no_spreadsheet_runs() {
    let platform = with_services(&["=1+1", "b,log"]).await;
    let request = Request::get("/v1/reports/busy?format=csv").body(Body::empty()).unwrap();
    let response = soon(platform.http.clone().oneshot(request)).await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
    assert_eq!(response.headers()[CONTENT_DISPOSITION], "attachment; filename=\"busy.csv\"");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "service,events,absent\r\n'=1+1,1,\r\n\"b,log\",1,\r\n");
}

#[tokio::test]
async fn a_report_that_fails_says_where_and_one_that_is_unknown_is_not_found() {
    let platform = Platform::start().await;
    let (status, problem) = platform.get("/v1/reports/broken").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["detail"], "line 1, column 8: no such column: nonsense");
    assert_eq!(problem["type"], "urn:watchkeeper:problem:report-failed");
    let (status, problem) = platform.get("/v1/reports/other").await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("there is no report \"other\"")));
    let (status, problem) = platform.get("/v1/reports/busy?format=xml").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("must be json or csv"), "{problem}");
}

#[tokio::test]
async fn while_the_store_is_away_a_report_is_to_be_asked_for_again() {
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &Access::open());
    world.reports.refuse_when(|_| Some(PortError::Unavailable { what: "store", reason: "away".into() }));
    assert_eq!(platform.get("/v1/reports/busy").await.0, StatusCode::SERVICE_UNAVAILABLE);
}
