//! What stands before every route.

use crate::server::Server;
use axum::body::Body;
use axum::extract::Query;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use watchkeeper_runtime::http::{Access, Checked, Limits, Listener, Problem, Tokens};

#[derive(Deserialize)]
struct Order {
    count: u8,
}

fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/change", post(|| async { "changed" }))
        .route(
            "/order",
            post(|Checked(Json(order)): Checked<Json<Order>>| async move { order.count.to_string() }),
        )
        .route(
            "/find",
            get(|Checked(Query(order)): Checked<Query<Order>>| async move { order.count.to_string() }),
        )
        .route("/panic", get(|| async { panic!("a bug with a secret: hunter2") as &str }))
        .route("/page", get(|| async { ([("cache-control", "max-age=60")], "page") }))
        .route("/refuse", get(|| async { Problem::not_found("such thing").into_response() }))
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_next_request_is_served() {
    let server = Server::start(routes()).await;
    let mut client = server.http1().await;
    let answer = client.send(server.request("GET", "/panic").body(Body::empty()).unwrap()).await;
    assert!(!answer.problem(500).to_string().contains("hunter2"));
    assert_eq!(client.send(server.request("GET", "/").body(Body::empty()).unwrap()).await.text(), "hello");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = Server::start(routes()).await;
    for path in ["/", "/panic", "/absent", "/change"] {
        let headers = server.get(path).await.headers;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
    }
    assert_eq!(server.get("/page").await.headers["cache-control"], "max-age=60");
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let server = Server::start(routes()).await;
    let from = |method, path, site| {
        server.send(server.request(method, path).header("sec-fetch-site", site).body(Body::empty()).unwrap())
    };
    for site in ["cross-site", "same-site"] {
        let problem = from("POST", "/change", site).await.problem(403);
        assert_eq!(problem["type"], "urn:watchkeeper:problem:cross-site");
        assert_eq!(from("GET", "/", site).await.text(), "hello");
    }
    for site in ["same-origin", "none"] {
        assert_eq!(from("POST", "/change", site).await.text(), "changed");
    }
    let without = server.request("POST", "/change").body(Body::empty()).unwrap();
    assert_eq!(server.send(without).await.text(), "changed");
}

#[tokio::test]
async fn a_listener_without_tokens_answers_to_no_other_name() {
    let server = Server::start(routes()).await;
    let host = |host: &str| http::Request::get("/").header("host", host).body(Body::empty()).unwrap();
    assert!(server.send(host("rebound.example")).await.detail(421).contains("rebound.example"));
    assert_eq!(server.send(host("localhost:1")).await.text(), "hello");
    assert_eq!(server.send(http::Request::get("/").body(Body::empty()).unwrap()).await.text(), "hello");

    let authority = |host: &str| http::Request::get(format!("http://{host}/")).body(Body::empty()).unwrap();
    let mut http2 = server.http2().await;
    http2.send(authority("rebound.example")).await.problem(421);
    assert_eq!(http2.send(authority("[::1]:80")).await.text(), "hello");
}

#[tokio::test]
async fn a_listener_with_tokens_answers_to_every_name() {
    let text = format!("[[token]]\nname = \"a\"\nscopes = [\"read\"]\nsha256 = {:?}", "0".repeat(64));
    let document = watchkeeper_config::Document::parse("test.toml", &text).unwrap();
    let access = Access::new(document.read(Tokens::read).unwrap());
    let server = Server::with(routes(), &access, Limits::default()).await;
    let request = http::Request::get("/").header("host", "watch.example").body(Body::empty()).unwrap();
    assert_eq!(server.send(request).await.text(), "hello");
}

#[tokio::test]
async fn a_listener_that_others_can_reach_is_not_bound_without_tokens() {
    let error =
        Listener::bind("api.listen", "0.0.0.0:0".parse().unwrap(), &Access::open()).await.unwrap_err();
    assert!(error.to_string().contains("no token is configured"), "{error}");
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems() {
    let server = Server::start(routes()).await;
    assert_eq!(server.get("/absent").await.detail(404), "there is no path /absent");
    let answer = server.get("/change").await;
    assert_eq!(answer.detail(405), "/change does not allow GET");
    assert_eq!(answer.headers["allow"], "POST");
    server.get("/refuse").await.problem(404);
}

#[tokio::test]
async fn what_an_extractor_refuses_is_a_problem_that_says_why() {
    let server = Server::start(routes()).await;
    let order = |body: &'static str, kind: &str| {
        server.send(
            server.request("POST", "/order").header("content-type", kind).body(Body::from(body)).unwrap(),
        )
    };
    assert_eq!(order(r#"{"count": 1}"#, "application/json").await.text(), "1");
    assert!(
        order(r#"{"count": 256}"#, "application/json")
            .await
            .detail(400)
            .contains("count: invalid value: integer `256`")
    );
    assert!(order("{", "application/json").await.detail(400).contains("EOF"));
    assert!(order("1", "text/plain").await.detail(415).contains("application/json"));
    assert!(server.get("/find").await.detail(400).contains("missing field `count`"));
}
