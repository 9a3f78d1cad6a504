//! Incidents: opened, updated, resolved, listed.

use crate::platform::Platform;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use watchkeeper_domain::{Incident, IncidentStatus, IncidentUpdate, Timestamp};

const INCIDENTS: &str = "/v1/incidents";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A request for an incident.
fn request() -> Value {
    json!({ "id": "slow", "title": "The shop is slow", "text": "We are looking into it.", "pages": ["shop"],
            "affected": ["Web shop"], "by": "ops" })
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut request = request();
    request[field] = value.into();
    request
}

fn ids(list: &Value) -> Vec<String> {
    let incidents = list["incidents"].as_array().unwrap().iter();
    incidents.map(|incident| incident["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_incident_is_opened_updated_and_resolved() {
    let platform = Platform::start().await;
    let (status, opened) = platform.post(INCIDENTS, &request()).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    assert_eq!(
        (&opened["state"], &opened["status"], &opened["is_maintenance"]),
        (&json!("active"), &json!("investigating"), &json!(false))
    );
    assert_eq!(platform.answer(INCIDENTS).await, json!({ "incidents": [opened] }));

    let updates = "/v1/incidents/slow/updates";
    let found = json!({ "status": "identified", "text": "A disk is full.", "by": "ann" });
    let (status, identified) = platform.post(updates, &found).await;
    assert_eq!((status, &identified["status"]), (StatusCode::OK, &json!("identified")));
    let (_, again) = platform.post(updates, &json!({ "text": "New disks arrive." })).await;
    assert_eq!((&again["status"], &again["updates"][2]["by"]), (&json!("identified"), &json!("anybody")));

    let (_, resolved) = platform.post(updates, &json!({ "status": "resolved", "text": "Fast again." })).await;
    assert_eq!((&resolved["state"], &resolved["ends_at"]), (&json!("ended"), &resolved["updates"][3]["at"]));
    assert_eq!(platform.answer(INCIDENTS).await, json!({ "incidents": [] }));
    assert_eq!(platform.answer("/v1/incidents?ended=true").await, json!({ "incidents": [resolved] }));

    let (_, reopened) =
        platform.post(updates, &json!({ "status": "monitoring", "text": "Slow again." })).await;
    assert_eq!((&reopened["state"], reopened.get("ends_at")), (&json!("active"), None));
}

#[tokio::test]
async fn maintenance_is_announced_for_a_time() {
    let platform = Platform::start().await;
    let start = Timestamp::now().plus(DAY);
    let mut planned = with("starts_at", start.to_string());
    planned["duration"] = "2h".into();
    let (status, planned) = platform.post(INCIDENTS, &planned).await;
    assert_eq!(status, StatusCode::CREATED, "{planned}");
    assert_eq!(
        (&planned["state"], &planned["status"], &planned["is_maintenance"]),
        (&json!("coming"), &json!("scheduled"), &json!(true))
    );
    assert_eq!(planned["ends_at"], start.plus(DAY / 12).to_string());
    let (status, problem) =
        platform.post("/v1/incidents/slow/updates", &json!({ "status": "monitoring", "text": "x" })).await;
    assert_eq!(
        (status, &problem["detail"]),
        (
            StatusCode::BAD_REQUEST,
            &json!("status: must be scheduled or resolved for maintenance, is monitoring")
        )
    );
}

#[tokio::test]
async fn a_request_that_is_sent_again_with_its_id_opens_no_second_incident() {
    let platform = Platform::start().await;
    let (_, opened) = platform.post(INCIDENTS, &request()).await;
    assert_eq!(platform.post(INCIDENTS, &request()).await, (StatusCode::OK, opened.clone()));
    let (status, problem) = platform.post(INCIDENTS, &with("title", "The shop is down")).await;
    assert_eq!(
        (status, &problem["detail"]),
        (StatusCode::CONFLICT, &json!("id: another incident has the ID slow"))
    );
    assert_eq!(platform.answer(INCIDENTS).await, json!({ "incidents": [opened] }));
}

#[tokio::test]
async fn open_ones_come_first_then_those_that_ended_lately() {
    let platform = Platform::start().await;
    let now = Timestamp::now();
    for (id, days, status) in [
        ("long-ago", 91, IncidentStatus::Resolved),
        ("ended", 80, IncidentStatus::Resolved),
        ("just-ended", 1, IncidentStatus::Resolved),
        ("open", 100, IncidentStatus::Monitoring),
    ] {
        let at = now.minus(DAY * days);
        let incident = Incident {
            id: id.into(),
            title: "slow".into(),
            pages: Vec::new(),
            affected: Vec::new(),
            maintenance: None,
            updates: vec![IncidentUpdate { at, status, text: "text".into(), by: "ops".into() }],
        };
        platform.ports.incidents.put(&incident).await.unwrap();
    }
    assert_eq!(ids(&platform.answer(INCIDENTS).await), ["open"]);
    assert_eq!(ids(&platform.answer("/v1/incidents?ended=true").await), ["open", "just-ended", "ended"]);
    assert_eq!(platform.refusal("/v1/incidents?ended=1").await, "ended: must be true or false, is \"1\"");
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_field() {
    let platform = Platform::start().await;
    for (body, detail) in [
        (with("title", ""), "title: must have 1 to 200 bytes, is empty"),
        (with("pages", json!(["nobody"])), "pages[0]: must be one of shop, is \"nobody\""),
        (with("id", "a/b"), "id: must be 1 to 64 ASCII letters, digits, - and _; is \"a/b\""),
    ] {
        let (status, problem) = platform.post(INCIDENTS, &body).await;
        assert_eq!((status, problem["detail"].as_str()), (StatusCode::BAD_REQUEST, Some(detail)));
    }
    let (status, problem) = platform.post("/v1/incidents/nobody/updates", &json!({ "text": "x" })).await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("there is no incident nobody")));
}
