//! One listener, three protocols.

use crate::server::{Answer, Server};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{HeaderMap, Request};
use std::future::pending;
use std::time::Duration;
use tonic::service::Routes;
use watchkeeper_runtime::http::Limits;

/// An empty message of gRPC: not compressed, of length 0.
const EMPTY_MESSAGE: &[u8] = &[0; 5];

fn routes() -> Router {
    let router = Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route("/panic", get(|| async { panic!("a bug") as &str }).post(|| async { panic!("a bug") as &str }))
        .route("/never", axum::routing::post(pending::<()>));
    let (_, health) = tonic_health::server::health_reporter();
    router.merge(Routes::new(health).into_axum_router())
}

async fn call(server: &Server, path: &str) -> Answer {
    let request = Request::post(format!("http://{}{path}", server.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    server.http2().await.send(request.body(Body::from(EMPTY_MESSAGE)).unwrap()).await
}

fn grpc_status(headers: &HeaderMap) -> &str {
    headers["grpc-status"].to_str().unwrap()
}

#[tokio::test]
async fn http1_and_http2_without_tls_are_served_on_one_port() {
    let server = Server::start(routes()).await;
    assert_eq!(server.get("/hello").await.text(), "hello");
    let mut http2 = server.http2().await;
    for _ in 0..3 {
        let request = Request::get(format!("http://{}/hello", server.address)).body(Body::empty()).unwrap();
        assert_eq!(http2.send(request).await.text(), "hello");
    }
}

#[tokio::test]
async fn a_grpc_service_is_served_beside_http() {
    let server = Server::start(routes()).await;
    let answer = call(&server, "/grpc.health.v1.Health/Check").await;
    assert_eq!((answer.status.as_u16(), grpc_status(&answer.trailers)), (200, "0"));
    let serving = [0, 0, 0, 0, 2, 8, 1];
    assert_eq!(answer.body, serving);
}

#[tokio::test]
async fn refusals_reach_a_grpc_client_as_statuses() {
    let server =
        Server::with_limits(routes(), Limits { request: Duration::from_millis(50), ..Limits::default() })
            .await;
    for (path, code) in
        [("/panic", "13"), ("/never", "14"), ("/no.such.Service/Call", "12"), ("/hello", "12")]
    {
        let answer = call(&server, path).await;
        assert_eq!((answer.status.as_u16(), grpc_status(&answer.headers)), (200, code), "{path}");
        assert_eq!(
            (answer.headers["content-type"].as_bytes(), answer.body.len()),
            (&b"application/grpc"[..], 0)
        );
    }
}
