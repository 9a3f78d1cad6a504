//! HTTP servers on loopback, which serve for as long as the test runs.

use crate::soon;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves `routes`, and returns the URL: `http://127.0.0.1:40123`.
pub async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// Serves the same answer to every request.
pub async fn serve_always<R>(answer: R) -> String
where
    R: IntoResponse + Clone + Send + Sync + 'static,
{
    serve(Router::new().fallback(move || async move { answer })).await
}

/// Serves an answer that begins with `start` and never ends.
pub async fn serve_slowly(start: &'static str) -> String {
    let body = move || {
        let begun = stream::once(async move { Ok::<_, Infallible>(Bytes::from_static(start.as_bytes())) });
        Body::from_stream(begun.chain(stream::pending()))
    };
    serve(Router::new().fallback(move || async move { body() })).await
}

/// A URL at which nothing listens.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A received request.
#[derive(Clone, Debug)]
pub struct Received {
    /// Path and query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, which must be text.
    pub body: String,
}

impl Received {
    async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Self { target: head.uri.to_string(), headers: head.headers, body: String::from_utf8(body).unwrap() }
    }

    /// A header, if there is one.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

type Answer = Box<dyn Fn() -> Response + Send>;

/// A server that answers requests in order from a script, and records them.
pub struct Server {
    /// Its URL.
    pub url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    log: Arc<watch::Sender<Vec<Received>>>,
}

impl Server {
    /// After the last answer, each request is answered with 500.
    pub async fn scripted<R>(answers: impl IntoIterator<Item = R>) -> Self
    where
        R: IntoResponse + Clone + Send + 'static,
    {
        let end = (StatusCode::INTERNAL_SERVER_ERROR, "the script has ended");
        Self::new(answers.into_iter().map(boxed), boxed(end)).await
    }

    /// The same answer to each request.
    pub async fn always<R>(answer: R) -> Self
    where
        R: IntoResponse + Clone + Send + 'static,
    {
        Self::new([], boxed(answer)).await
    }

    async fn new(answers: impl IntoIterator<Item = Answer>, at_last: Answer) -> Self {
        let log = Arc::new(watch::Sender::<Vec<Received>>::default());
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (kept, script, at_last) = (Arc::clone(&log), Arc::clone(&answers), Arc::new(Mutex::new(at_last)));
        let routes = Router::new().fallback(move |request: Request| {
            let (kept, script, at_last) = (Arc::clone(&kept), Arc::clone(&script), Arc::clone(&at_last));
            async move {
                let received = Received::read(request).await;
                kept.send_modify(|log| log.push(received));
                let next = script.lock().pop_front();
                next.map_or_else(|| at_last.lock()(), |answer| answer())
            }
        });
        Self { url: serve(routes).await, answers, log }
    }

    /// Appends an answer to the script.
    pub fn then<R>(&self, answer: R)
    where
        R: IntoResponse + Clone + Send + 'static,
    {
        self.answers.lock().push_back(boxed(answer));
    }

    /// All requests so far, in order.
    pub fn requests(&self) -> Vec<Received> {
        self.log.borrow().clone()
    }

    /// Waits until so many requests were received.
    pub async fn received(&self, count: usize) -> Vec<Received> {
        soon(self.log.subscribe().wait_for(|log| log.len() >= count)).await.unwrap().clone()
    }
}

fn boxed<R: IntoResponse + Clone + Send + 'static>(answer: R) -> Answer {
    Box::new(move || answer.clone().into_response())
}
