//! A test server on loopback that keeps its requests.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a test waits before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A received request.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Self { path: head.uri.to_string(), headers: head.headers, body }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// Serves until the test ends.
pub(crate) struct Served {
    /// Its URL: `http://127.0.0.1:40123`.
    pub(crate) url: String,
    log: Arc<watch::Sender<Vec<Received>>>,
}

impl Served {
    /// Returns these responses one after another, and then the last repeatedly.
    pub(crate) async fn answering<R, const N: usize>(answers: [R; N]) -> Self
    where
        R: IntoResponse + Clone + Send + 'static,
    {
        let log = Arc::new(watch::Sender::<Vec<Received>>::default());
        let (kept, answers) = (Arc::clone(&log), Arc::new(Mutex::new(VecDeque::from(answers))));
        let routes = Router::new().fallback(move |request: Request| {
            let (kept, answers) = (Arc::clone(&kept), Arc::clone(&answers));
            async move {
                let received = Received::read(request).await;
                kept.send_modify(|log| log.push(received));
                let mut answers = answers.lock().unwrap();
                let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
                next.unwrap()
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, log }
    }

    /// All requests, in order.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.log.borrow().clone()
    }

    /// Waits until so many requests arrived.
    pub(crate) async fn received(&self, count: usize) -> Vec<Received> {
        let mut log = self.log.subscribe();
        let enough = log.wait_for(|log| log.len() >= count);
        timeout(PATIENCE, enough).await.expect("the requests come").unwrap().clone()
    }
}

/// An address where nothing listens.
pub(crate) async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
