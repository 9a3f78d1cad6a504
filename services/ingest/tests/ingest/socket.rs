//! The routes behind a listener, spoken to byte by byte.

use crate::stage::{Stage, sample};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use watchkeeper_ingest::IngestConfig;
use watchkeeper_runtime::http::{Access, Limits, Listener};
use watchkeeper_runtime::{RoleContext, RoleResult};

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);

struct Served {
    stage: Stage,
    context: RoleContext,
    address: SocketAddr,
    serving: JoinHandle<RoleResult>,
}

impl Served {
    async fn start() -> Self {
        let (stage, context) = (Stage::new(IngestConfig::default()), RoleContext::detached("http"));
        let any_port = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind("http.listen", any_port, &Access::open()).await.unwrap();
        let address = listener.address();
        let serving = listener.serve(stage.router.clone(), Limits::default(), context.shutdown().clone());
        Self { stage, context, address, serving: tokio::spawn(serving) }
    }

    /// Sends the head of a request with a body of `announced` bytes, and what there is of the body.
    async fn send(&self, announced: usize, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = format!(
            "POST /v1/samples HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {announced}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream
    }

    /// Waits until every connection has ended; gives how many records there are.
    async fn stop(self) -> usize {
        self.context.shutdown().cancel();
        timeout(PATIENCE, self.serving).await.unwrap().unwrap().unwrap();
        self.stage.records(0).await.len()
    }
}

async fn answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_sender_that_hangs_up_in_the_middle_changes_nothing() {
    let served = Served::start().await;
    let body = format!("[{},{}]", sample("a"), sample("b"));
    drop(served.send(body.len(), &body[..body.len() - 1]).await);
    // Connections are accepted in order: once this one is answered, the other is known too.
    let next = sample("next");
    let answer = answer(served.send(next.len(), &next).await).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert_eq!(served.stop().await, 1);
}

#[tokio::test]
async fn a_body_larger_than_the_listener_takes_elsewhere_is_taken() {
    let served = Served::start().await;
    let body = sample("a") + &" ".repeat(2 * Limits::BODY_BYTES);
    let answer = answer(served.send(body.len(), &body).await).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert_eq!(served.stop().await, 1);
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_is_sent() {
    let served = Served::start().await;
    let answer = answer(served.send((8 << 20) + 1, "").await).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(served.stop().await, 0);
}
