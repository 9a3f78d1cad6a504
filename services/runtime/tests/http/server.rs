//! A listener to test, and its clients.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchkeeper_runtime::RoleResult;
use watchkeeper_runtime::http::{Access, Limits, Listener, PROBLEM_JSON};

/// How long anything may take before its test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for what must happen.
pub(crate) async fn soon<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens).await.expect("it happens in time")
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    served: JoinHandle<RoleResult>,
}

impl Server {
    pub(crate) async fn start(router: Router) -> Self {
        Self::with(router, &Access::open(), Limits::default()).await
    }

    pub(crate) async fn with_limits(router: Router, limits: Limits) -> Self {
        Self::with(router, &Access::open(), limits).await
    }

    pub(crate) async fn with(router: Router, access: &Access, limits: Limits) -> Self {
        let listener = Listener::bind("test.listen", "127.0.0.1:0".parse().unwrap(), access).await.unwrap();
        let (address, stop) = (listener.address(), CancellationToken::new());
        let served = tokio::spawn(listener.serve(router, limits, stop.clone()));
        Self { address, stop, served }
    }

    /// Waits until the listener has ended.
    pub(crate) async fn ended(self) {
        soon(self.served).await.unwrap().unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        soon(TcpStream::connect(self.address)).await.unwrap()
    }

    /// A connection from another address of loopback.
    pub(crate) async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
        soon(socket.connect(self.address)).await.unwrap()
    }

    pub(crate) async fn http1(&self) -> Http1 {
        let (requests, connection) = http1::handshake(TokioIo::new(self.connect().await)).await.unwrap();
        Http1 { requests, closed: tokio::spawn(async { drop(connection.await) }) }
    }

    pub(crate) async fn http2(&self) -> Http2 {
        self.http2_as(&http2::Builder::new(TokioExecutor::new())).await
    }

    pub(crate) async fn http2_as(&self, client: &http2::Builder<TokioExecutor>) -> Http2 {
        let io = TokioIo::new(self.connect().await);
        let (requests, connection) = client.handshake(io).await.unwrap();
        Http2 { requests, closed: tokio::spawn(async { drop(connection.await) }) }
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.http1().await.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(path).header("host", self.address.to_string())
    }
}

pub(crate) struct Http1 {
    requests: http1::SendRequest<Body>,
    pub(crate) closed: JoinHandle<()>,
}

impl Http1 {
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        Answer::read(soon(self.requests.send_request(request)).await.unwrap()).await
    }

    /// The answer once its head is there.
    pub(crate) async fn begin(&mut self, request: Request<Body>) -> Response<Incoming> {
        soon(self.requests.send_request(request)).await.unwrap()
    }
}

pub(crate) struct Http2 {
    requests: http2::SendRequest<Body>,
    pub(crate) closed: JoinHandle<()>,
}

impl Http2 {
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        Answer::read(self.begin(request).await).await
    }

    /// The answer once its head is there.
    pub(crate) async fn begin(&mut self, request: Request<Body>) -> Response<Incoming> {
        soon(self.requests.send_request(request)).await.unwrap()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    async fn read(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        let body = soon(body.collect()).await.unwrap();
        let trailers = body.trailers().cloned().unwrap_or_default();
        Self { status: head.status, headers: head.headers, trailers, body: body.to_bytes().into() }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The answer as a problem of that status.
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.headers["content-type"], PROBLEM_JSON);
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], status);
        problem
    }

    /// The detail of the answer, which is a problem of that status.
    pub(crate) fn detail(&self, status: u16) -> String {
        self.problem(status)["detail"].as_str().unwrap().to_owned()
    }
}
