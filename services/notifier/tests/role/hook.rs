//! A webhook on loopback.

use crate::stage::soon;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Keeps the head and the body of what is posted to it.
pub(crate) struct Hook {
    pub(crate) url: String,
    posts: Arc<watch::Sender<Vec<(HeaderMap, String)>>>,
}

impl Hook {
    pub(crate) async fn serve() -> Self {
        let posts = Arc::new(watch::Sender::<Vec<(HeaderMap, String)>>::default());
        let kept = Arc::clone(&posts);
        let routes = Router::new().fallback(move |headers: HeaderMap, body: String| {
            kept.send_modify(|posts| posts.push((headers, body)));
            async { StatusCode::NO_CONTENT }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, posts }
    }

    /// Waits until something was posted, and gives the first.
    pub(crate) async fn first(&self) -> (HeaderMap, String) {
        let mut posts = self.posts.subscribe();
        soon(posts.wait_for(|posts| !posts.is_empty())).await.unwrap()[0].clone()
    }
}
