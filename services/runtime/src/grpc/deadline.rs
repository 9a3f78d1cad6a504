//! Ends a call at its client's deadline.
//!
//! tonic's own server enforces `grpc-timeout` only until a response begins; these services are served beside HTTP,
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

const OVER: &str = "the client's deadline for this call (grpc-timeout) has passed";

/// Middleware: a call must complete, to the last byte, within `grpc-timeout`. The work of the call is dropped after
/// that.
pub(super) async fn keep(request: Request, next: Next) -> Response {
    let timeout = match timeout(request.headers()) {
        Ok(timeout) => timeout,
        Err(violation) => return Problem::from(violation).into_response(),
    };
    // A timeout beyond the range of the clock counts as none.
    let Some(over) = timeout.and_then(|timeout| Instant::now().checked_add(timeout)) else {
        return next.run(request).await;
    };
    match timeout_at(over, next.run(request)).await {
        Ok(answer) => answer.map(|body| Body::new(UntilOver::new(body, over))),
        Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, OVER).into_response(),
    }
}

/// A response that is cut off at its deadline, and says so in its trailers.
struct UntilOver {
    /// `None` once it is cut off.
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
        // First, so that an endless response is cut off too.
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
