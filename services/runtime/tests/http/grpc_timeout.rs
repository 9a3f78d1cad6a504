//! Calls end when their clients no longer wait for them.

use crate::server::{Answer, Server, soon};
use axum::body::Body;
use futures_util::stream::{Stream, StreamExt as _, once, pending};
use http::{HeaderMap, Request};
use std::pin::Pin;
use tokio::sync::mpsc;
use tonic::service::Routes;
use tonic::{Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use watchkeeper_runtime::grpc::{MAX_TIMEOUT_DIGITS, routes};
use watchkeeper_runtime::http::Access;

const INVALID_ARGUMENT: &str = "3";
const DEADLINE_EXCEEDED: &str = "4";
/// How often a call is made that may be given up before it has begun.
const MOST_CALLS: usize = 100;

/// Never answers a call, and never ends a stream after its first message. It is told when what was done is dropped.
struct Endless(mpsc::Sender<()>);

/// Tells when it is dropped.
struct Told(mpsc::Sender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.try_send(());
    }
}

#[tonic::async_trait]
impl Health for Endless {
    async fn check(
        &self,
        _: tonic::Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let _told = Told(self.0.clone());
        std::future::pending().await
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        _: tonic::Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let told = Told(self.0.clone());
        let first = once(async { Ok(HealthCheckResponse::default()) });
        let endless = first.chain(pending()).inspect(move |_| {
            let _ = &told;
        });
        Ok(Response::new(Box::pin(endless)))
    }
}

/// A server of it, and what is told.
async fn endless() -> (Server, mpsc::Receiver<()>) {
    let (tell, told) = mpsc::channel(MOST_CALLS);
    let services = Routes::new(HealthServer::new(Endless(tell)));
    (Server::start(routes(services, &Access::open())).await, told)
}

async fn call(server: &Server, method: &str, timeout: &str) -> Answer {
    let request = Request::post(format!("http://{}/grpc.health.v1.Health/{method}", server.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout);
    server.http2().await.send(request.body(Body::from(&[0; 5][..])).unwrap()).await
}

fn status(headers: &HeaderMap) -> (&str, String) {
    let text = |name: &str| headers[name].to_str().unwrap();
    (text("grpc-status"), text("grpc-message").replace("%20", " "))
}

#[tokio::test]
async fn a_call_that_is_not_answered_in_its_time_is_given_up_and_its_work_dropped() {
    let (server, mut told) = endless().await;
    // A call that is given up before it has begun drops nothing.
    for _ in 0..MOST_CALLS {
        let answer = call(&server, "Check", "50m").await;
        let (code, message) = status(&answer.headers);
        assert_eq!(code, DEADLINE_EXCEEDED);
        assert_eq!(message, "the client's deadline for this call (grpc-timeout) has passed");
        if told.try_recv().is_ok() {
            return;
        }
    }
    panic!("none of {MOST_CALLS} calls was begun and dropped");
}

#[tokio::test]
async fn a_stream_ends_when_its_time_is_over_and_its_work_is_dropped() {
    let (server, mut told) = endless().await;
    // One that is given up before it has begun has no message.
    let mut answer = call(&server, "Watch", "200m").await;
    for _ in 1..MOST_CALLS {
        if !answer.body.is_empty() {
            break;
        }
        answer = call(&server, "Watch", "200m").await;
    }
    assert_eq!(answer.body, [0; 5], "what came before is given");
    assert_eq!(status(&answer.trailers).0, DEADLINE_EXCEEDED);
    soon(told.recv()).await.unwrap();
}

#[tokio::test]
async fn a_call_whose_time_is_over_already_is_given_up() {
    let (server, _told) = endless().await;
    assert_eq!(status(&call(&server, "Check", "0n").await.headers).0, DEADLINE_EXCEEDED);
}

#[tokio::test]
async fn a_timeout_that_cannot_be_read_is_refused_by_name() {
    let (server, _told) = endless().await;
    let too_long = format!("{}S", "1".repeat(MAX_TIMEOUT_DIGITS + 1));
    for timeout in ["", "S", "10", "10s", "-1S", &too_long] {
        let answer = call(&server, "Check", timeout).await;
        let (code, message) = status(&answer.headers);
        assert_eq!(code, INVALID_ARGUMENT, "{timeout}");
        assert!(message.starts_with("grpc-timeout: must be 1 to 8 digits and one of"), "{message}");
    }
}

#[tokio::test]
async fn the_longest_timeout_is_as_good_as_none() {
    let (_, health) = tonic_health::server::health_reporter();
    let server = Server::start(routes(Routes::new(health), &Access::open())).await;
    let longest = format!("{}H", "9".repeat(MAX_TIMEOUT_DIGITS));
    assert_eq!(call(&server, "Check", &longest).await.trailers["grpc-status"], "0");
}
