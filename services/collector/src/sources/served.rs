//! Test servers on loopback.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::IntoResponse;
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;
use tokio::net::TcpListener;

/// Serves `routes` until the test ends, and returns the URL: `http://127.0.0.1:40123`.
pub(crate) async fn serve(routes: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// Serves the same response to every request.
pub(crate) async fn serve_always<R>(answer: R) -> String
where
    R: IntoResponse + Clone + Send + Sync + 'static,
{
    serve(Router::new().fallback(move || async move { answer })).await
}

/// Serves a response that begins with `start` and never ends.
pub(crate) async fn serve_slowly(start: &'static str) -> String {
    let body = move || {
        let begun = stream::once(async move { Ok::<_, Infallible>(Bytes::from_static(start.as_bytes())) });
        Body::from_stream(begun.chain(stream::pending()))
    };
    serve(Router::new().fallback(move || async move { body() })).await
}

/// An address where nothing listens.
pub(crate) async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
