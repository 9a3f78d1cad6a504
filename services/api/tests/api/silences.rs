//! Silences: created, listed, ended.

use crate::platform::{Platform, ports};
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use watchkeeper_api::ApiConfig;
use watchkeeper_config::Document;
use watchkeeper_domain::{Silence, Timestamp};
use watchkeeper_runtime::http::Access;
use watchkeeper_runtime::http::token::{self, Tokens};
use watchkeeper_test_kit::World;

const SILENCES: &str = "/v1/silences";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A request for a silence.
fn request() -> Value {
    json!({ "matchers": ["rule=\"busy\"", "host=~\"db.*\""], "duration": "2h", "created_by": "ops", "comment": "works" })
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut request = request();
    request[field] = value.into();
    request
}

fn ids(list: &Value) -> Vec<String> {
    let silences = list["silences"].as_array().unwrap().iter();
    silences.map(|silence| silence["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_silence_is_made_listed_and_ended() {
    let platform = Platform::start().await;
    assert_eq!(platform.answer(SILENCES).await, json!({ "silences": [] }));
    let (status, made) = platform.post(SILENCES, &request()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(
        (&made["state"], &made["created_by"], &made["comment"]),
        (&json!("active"), &json!("ops"), &json!("works"))
    );
    assert_eq!(made["matchers"], json!(["rule=\"busy\"", "host=~\"db.*\""]));
    let [starts_at, ends_at]: [Timestamp; 2] =
        ["starts_at", "ends_at"].map(|field| made[field].as_str().unwrap().parse().unwrap());
    assert_eq!(ends_at.since(starts_at), Duration::from_secs(2 * 60 * 60));
    assert_eq!(platform.answer(SILENCES).await, json!({ "silences": [made] }));

    let path = format!("{SILENCES}/{}", made["id"].as_str().unwrap());
    let (status, ended) = platform.delete(&path).await;
    assert_eq!((status, &ended["state"]), (StatusCode::OK, &json!("ended")));
    assert_eq!(platform.answer(SILENCES).await, json!({ "silences": [] }));
    assert_eq!(platform.answer("/v1/silences?ended=true").await, json!({ "silences": [ended] }));
    assert_eq!(platform.delete(&path).await, (StatusCode::OK, ended), "it stays as it is");
}

#[tokio::test]
async fn one_that_is_ended_before_it_has_begun_never_holds() {
    let platform = Platform::start().await;
    let start = Timestamp::now().plus(DAY).to_string();
    let (_, made) = platform.post(SILENCES, &with("starts_at", start)).await;
    assert_eq!(made["state"], "coming");
    let (_, ended) = platform.delete(&format!("{SILENCES}/{}", made["id"].as_str().unwrap())).await;
    assert_eq!((&ended["state"], &ended["starts_at"]), (&json!("ended"), &ended["ends_at"]));
}

#[tokio::test]
async fn a_request_that_is_sent_again_with_its_id_makes_no_second_silence() {
    let platform = Platform::start().await;
    let (first, made) = platform.post(SILENCES, &with("id", "deploy-7")).await;
    assert_eq!((first, &made["id"]), (StatusCode::CREATED, &json!("deploy-7")));
    assert_eq!(platform.post(SILENCES, &with("id", "deploy-7")).await, (StatusCode::OK, made.clone()));
    let mut other = with("id", "deploy-7");
    other["comment"] = "other works".into();
    let (status, problem) = platform.post(SILENCES, &other).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["detail"], "id: another silence has the ID deploy-7");
    assert_eq!(platform.answer(SILENCES).await, json!({ "silences": [made] }));
}

#[tokio::test]
async fn those_that_go_on_come_first_then_those_that_ended_lately() {
    let platform = Platform::start().await;
    let now = Timestamp::now();
    for (id, starts_at, ends_at) in [
        ("long-ago", now.minus(9 * DAY), now.minus(8 * DAY)),
        ("ended", now.minus(2 * DAY), now.minus(DAY)),
        ("just-ended", now.minus(2 * DAY), now),
        ("active", now, now.plus(DAY)),
        ("coming", now.plus(DAY), now.plus(2 * DAY)),
    ] {
        let silence = Silence { starts_at, ends_at, ..platform.silence(id, &["rule=busy"]).await };
        platform.ports.silences.put(&silence).await.unwrap();
    }
    assert_eq!(ids(&platform.answer(SILENCES).await), ["active", "coming"]);
    let all = platform.answer("/v1/silences?ended=true").await;
    assert_eq!(ids(&all), ["active", "coming", "just-ended", "ended"]);
    assert_eq!(platform.refusal("/v1/silences?ended=1").await, "ended: must be true or false, is \"1\"");
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_by_field() {
    let platform = Platform::start().await;
    for (body, detail) in [
        (with("matchers", json!([])), "matchers: must have at least one"),
        (
            with("matchers", json!(["rule"])),
            "matchers[0]: must be FIELD=\"VALUE\" (or !=, =~, !~): the operator is missing; is \"rule\"",
        ),
        (with("duration", "367d"), "duration: must be at most 366d after the start"),
        (with("ends_at", "2026-11-20T10:00:00Z"), "duration: must not be combined with ends_at"),
        (with("created_by", " "), "created_by: must have 1 to 100 bytes, is empty"),
        (with("id", "a/b"), "id: must be 1 to 64 ASCII letters, digits, - and _; is \"a/b\""),
    ] {
        let (status, problem) = platform.post(SILENCES, &body).await;
        assert_eq!((status, problem["detail"].as_str()), (StatusCode::BAD_REQUEST, Some(detail)));
    }
    let (status, problem) = platform.post(SILENCES, &with("coment", "x")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(problem["detail"].as_str().unwrap().contains("unknown field `coment`"), "{problem}");
    let (status, problem) = platform.delete("/v1/silences/nobody").await;
    assert_eq!((status, &problem["detail"]), (StatusCode::NOT_FOUND, &json!("there is no silence nobody")));
    assert_eq!(platform.answer(SILENCES).await, json!({ "silences": [] }));
}

#[tokio::test]
async fn who_holds_the_token_has_made_it_unless_the_request_names_another() {
    let (token, sha256) = token::generate().unwrap();
    let config = format!("[[token]]\nname = \"deployer\"\nscopes = [\"admin\"]\nsha256 = \"{sha256}\"\n");
    let access = Access::new(Document::parse("test.toml", &config).unwrap().read(Tokens::read).unwrap());
    let world = World::new();
    let platform = Platform::on(ports(&world), ApiConfig::default(), &access);
    let request = Request::post(SILENCES)
        .header(CONTENT_TYPE, "application/json")
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(json!({ "matchers": ["rule=busy"], "duration": "5m" }).to_string()))
        .unwrap();
    let (status, made) = platform.send(request).await;
    assert_eq!((status, &made["created_by"]), (StatusCode::CREATED, &json!("deployer")));
}
