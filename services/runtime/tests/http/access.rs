//! Who is let in, over HTTP and gRPC.

use crate::server::{Answer, Server, soon};
use axum::body::Body;
use axum::routing::post;
use axum::{Extension, Router};
use data_encoding::BASE64;
use std::fmt::Write as _;
use watchkeeper_config::Document;
use watchkeeper_runtime::http::{Access, Caller, Limits, Scope, Tokens, token};

/// A server with one route for each scope, and the tokens of three callers.
struct Guarded {
    server: Server,
    sensor: String,
    admin: String,
    hasty: String,
}

impl Guarded {
    async fn start() -> Self {
        let mut text = String::new();
        let mut add = |name: &str, scope: &str, rate: u32| {
            let (token, sha256) = token::generate().unwrap();
            write!(
                text,
                "[[token]]\nname = {name:?}\nscopes = [{scope:?}]\nsha256 = {sha256:?}\n\
                 requests_per_second = {rate}\n"
            )
            .unwrap();
            token
        };
        let (sensor, admin, hasty) =
            (add("sensor", "ingest", 1000), add("boss", "admin", 1000), add("hasty", "read", 1));
        let tokens = Document::parse("test.toml", &text).unwrap().read(Tokens::read).unwrap();
        let access = Access::new(tokens);
        let who = |Extension(Caller(name)): Extension<Caller>| async move { name.to_string() };
        let route =
            |path: &str, scope| Router::new().route(path, post(who)).route_layer(access.require(scope));
        let routes = route("/ingest", Scope::Ingest).merge(route("/read", Scope::Read));
        Self { server: Server::with(routes, &access, Limits::default()).await, sensor, admin, hasty }
    }

    async fn post(&self, path: &str, authorization: Option<&str>) -> Answer {
        self.post_as("application/json", path, authorization).await
    }

    async fn post_as(&self, content_type: &str, path: &str, authorization: Option<&str>) -> Answer {
        let request = self.server.request("POST", path).header("content-type", content_type);
        let request =
            authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        self.server.send(request.body(Body::empty()).unwrap()).await
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[tokio::test]
async fn without_tokens_everybody_is_let_in() {
    let routes =
        Router::new().route("/", post(|| async { "in" })).route_layer(Access::open().require(Scope::Admin));
    let server = Server::start(routes).await;
    assert_eq!(server.send(server.request("POST", "/").body(Body::empty()).unwrap()).await.text(), "in");
}

#[tokio::test]
async fn a_known_token_with_the_scope_is_let_in_by_name() {
    let guarded = Guarded::start().await;
    assert_eq!(guarded.post("/ingest", Some(&bearer(&guarded.sensor))).await.text(), "sensor");
    assert_eq!(guarded.post("/read", Some(&bearer(&guarded.admin))).await.text(), "boss");
    let basic = format!("Basic {}", BASE64.encode(format!("anybody:{}", guarded.sensor).as_bytes()));
    assert_eq!(guarded.post("/ingest", Some(&basic)).await.text(), "sensor");
}

#[tokio::test]
async fn no_token_and_an_unknown_one_are_asked_for_a_known_one() {
    let guarded = Guarded::start().await;
    let (unknown, _) = token::generate().unwrap();
    for authorization in
        [None, Some(bearer(&unknown)), Some("Basic eDp5".to_owned()), Some("Bearer".to_owned())]
    {
        let answer = guarded.post("/ingest", authorization.as_deref()).await;
        answer.problem(401);
        let asked: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(asked, ["Bearer realm=\"watchkeeper\"", "Basic realm=\"watchkeeper\", charset=\"UTF-8\""]);
    }
}

#[tokio::test]
async fn a_known_token_without_the_scope_is_told_which() {
    let guarded = Guarded::start().await;
    let answer = guarded.post("/read", Some(&bearer(&guarded.sensor))).await;
    assert_eq!(answer.detail(403), "the token lacks the scope `read`");
}

#[tokio::test]
async fn a_token_past_its_rate_is_told_when_to_come_back() {
    let guarded = Guarded::start().await;
    let until_refused = async {
        loop {
            let answer = guarded.post("/read", Some(&bearer(&guarded.hasty))).await;
            if answer.status != 200 {
                break answer;
            }
        }
    };
    let refused = soon(until_refused).await;
    refused.problem(429);
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(guarded.post("/ingest", Some(&bearer(&guarded.sensor))).await.text(), "sensor");
}

#[tokio::test]
async fn a_grpc_client_gets_the_same_as_statuses() {
    let guarded = Guarded::start().await;
    let call = async |path: &str, authorization: Option<String>| {
        let answer = guarded.post_as("application/grpc+proto", path, authorization.as_deref()).await;
        assert_eq!(answer.status, 200);
        answer.headers.get("grpc-status").map(|status| status.to_str().unwrap().to_owned())
    };
    assert_eq!(call("/ingest", None).await.as_deref(), Some("16"), "UNAUTHENTICATED");
    assert_eq!(call("/read", Some(bearer(&guarded.sensor))).await.as_deref(), Some("7"), "PERMISSION_DENIED");
    assert_eq!(call("/read", Some(bearer(&guarded.admin))).await, None);
    let until_refused = async {
        loop {
            if let Some(status) = call("/read", Some(bearer(&guarded.hasty))).await {
                break status;
            }
        }
    };
    assert_eq!(soon(until_refused).await, "8", "RESOURCE_EXHAUSTED");
}
