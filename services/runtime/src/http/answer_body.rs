//! A body that reports when it is fetched.

use super::watched::OpenRequest;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Most bytes handed out at once: a client that reads slowly, but reads, fetches the next part in time however large
/// the handler's parts are.
const PART_BYTES: usize = 16 * 1024;

/// The body of a response, in parts of at most [`PART_BYTES`].
#[derive(Debug)]
pub(super) struct AnswerBody {
    body: Body,
    /// Produced but not handed out yet.
    rest: Bytes,
    request: OpenRequest,
}

impl AnswerBody {
    /// The first part can be fetched from now on.
    pub(super) fn new(body: Body, request: OpenRequest) -> Self {
        request.offered();
        Self { body, rest: Bytes::new(), request }
    }

    fn part(&mut self, mut bytes: Bytes) -> Frame<Bytes> {
        self.rest = bytes.split_off(bytes.len().min(PART_BYTES));
        Frame::data(bytes)
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.request.fetched();
        let frame = if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame.into_data().map_or_else(|trailers| trailers, |data| self.part(data)),
                end => return Poll::Ready(end),
            }
        } else {
            let rest = std::mem::take(&mut self.rest);
            self.part(rest)
        };
        self.request.offered();
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::super::watched::Watch;
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn a_large_body_is_handed_out_whole_and_in_parts() {
        let whole: Bytes = (0..=u8::MAX).cycle().take(2 * PART_BYTES + 1).collect();
        let mut body = AnswerBody::new(Body::from(whole.clone()), Watch::new().request(true));
        let mut received = Vec::new();
        for (length, left) in [(PART_BYTES, PART_BYTES + 1), (PART_BYTES, 1), (1, 0)] {
            assert!(!body.is_end_stream());
            let part = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!((part.len(), body.size_hint().exact()), (length, Some(left as u64)));
            received.extend_from_slice(&part);
        }
        assert!(body.is_end_stream() && body.frame().await.is_none());
        assert_eq!(received, whole);
    }
}
