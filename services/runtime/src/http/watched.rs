//! A socket and a request that report the activity of their connection.

use super::activity::{Activity, Overdue, RequestId, Standing};
use super::answer_body::AnswerBody;
use super::limits::Limits;
use axum::body::Body;
use parking_lot::{Mutex, MutexGuard};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The activity of one connection, as its parts report it.
#[derive(Clone, Debug)]
pub(super) struct Watch(Arc<Mutex<Activity>>);

impl Watch {
    /// For a new connection.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Activity::new(Instant::now()))))
    }

    /// Reports all traffic of `stream`.
    pub(super) fn stream<T>(&self, stream: T) -> WatchedStream<T> {
        WatchedStream { stream, watch: self.clone() }
    }

    /// Reports the beginning of a request, and its end when the value is dropped.
    pub(super) fn request(&self, http2: bool) -> OpenRequest {
        let id = self.activity().begin_request(http2);
        OpenRequest { id, watch: self.clone() }
    }

    /// Reports that the connection was asked to close.
    pub(super) fn closing(&self) {
        self.activity().closing(Instant::now());
    }

    /// Reports that a request was admitted.
    pub(super) fn let_in(&self) {
        self.activity().let_in();
    }

    /// How easily the connection can be closed.
    pub(super) fn standing(&self) -> Standing {
        self.activity().standing()
    }

    /// The timeout that the connection has exceeded.
    pub(super) fn overdue(&self, limits: &Limits) -> Option<Overdue> {
        self.activity().overdue(limits, Instant::now())
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.0.lock()
    }

    fn report_sent(&self, sent: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.activity().sent(sent.is_ready(), Instant::now());
        sent
    }
}

/// A request whose response is not complete.
#[derive(Debug)]
pub(super) struct OpenRequest {
    id: RequestId,
    watch: Watch,
}

impl OpenRequest {
    /// Keeps the request open until `body` is sent or dropped.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(AnswerBody::new(body, self))
    }

    /// Reports that the next part of the response can be fetched.
    pub(super) fn offered(&self) {
        self.watch.activity().offered(self.id, Instant::now());
    }

    /// Reports that the next part of the response is being fetched.
    pub(super) fn fetched(&self) {
        self.watch.activity().fetched(self.id);
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.watch.activity().end_request(self.id, Instant::now());
    }
}

/// A stream that reports its traffic.
#[derive(Debug)]
pub(super) struct WatchedStream<T> {
    stream: T,
    watch: Watch,
}

impl<T: AsyncRead + Unpin> AsyncRead for WatchedStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            self.watch.activity().received(Instant::now());
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WatchedStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch.report_sent(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.watch.report_sent(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use std::time::Duration;

    /// Idle is overdue at once.
    fn impatient() -> Limits {
        Limits { idle: Duration::ZERO, ..Limits::default() }
    }

    #[tokio::test]
    async fn a_request_is_open_until_its_answer_is_sent_to_the_end() {
        let watch = Watch::new();
        let open = watch.request(false);
        let mut body = open.until_sent(Body::from("hello"));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "hello");
        assert_eq!(watch.overdue(&impatient()), None);
        drop(body);
        assert_eq!(watch.overdue(&impatient()), Some(Overdue::Idle));
    }

    #[test]
    fn a_request_that_is_never_answered_is_closed_when_it_is_dropped() {
        let watch = Watch::new();
        let open = watch.request(false);
        assert_eq!(watch.overdue(&impatient()), None);
        drop(open);
        assert_eq!(watch.overdue(&impatient()), Some(Overdue::Idle));
    }
}
