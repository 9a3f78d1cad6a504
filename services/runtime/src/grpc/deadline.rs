//! A call ends when its client no longer waits for it.
//!
//! tonic's own server keeps `grpc-timeout`, and only until an answer begins; these services are served beside HTTP,
//! and their streams last.

use super::timeout::timeout;
use crate::http::Problem;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tonic::Status;

const OVER: &str = "the deadline that the client set for this call (grpc-timeout) has passed";

/// A layer's function: a call, and its answer to the last byte, within `grpc-timeout`. What is done for the call is
/// dropped when the time is over.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    let timeout = match timeout(request.headers()) {
        Ok(timeout) => timeout,
        Err(violation) => return Problem::from(violation).into_response(),
    };
    // One that lies beyond all clocks is none.
    let Some(over) = timeout.and_then(|timeout| Instant::now().checked_add(timeout)) else {
        return next.run(request).await;
    };
    match timeout_at(over, next.run(request)).await {
        Ok(answer) => answer.map(|body| Body::new(UntilOver::new(body, over))),
        Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, OVER).into_response(),
    }
}

/// An answer that is broken off when its time is over, and says so in its trailers.
struct UntilOver {
    /// `None` once it is broken off.
    answer: Option<Body>,
    over: Pin<Box<Sleep>>,
}

impl UntilOver {
    fn new(answer: Body, over: Instant) -> Self {
        Self { answer: Some(answer), over: Box::pin(sleep_until(over)) }
    }
}

impl HttpBody for UntilOver {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { answer: Some(answer), over } = &mut *self else { return Poll::Ready(None) };
        // First, so that an answer that never ends is broken off too.
        if over.as_mut().poll(cx).is_pending() {
            return Pin::new(answer).poll_frame(cx);
        }
        self.answer = None;
        let mut trailers = HeaderMap::new();
        Status::deadline_exceeded(OVER).add_header(&mut trailers).map_err(axum::Error::new)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.answer.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}
