//! Reading a body as it is sent, while there is room for it.

use crate::answer::{refused, too_large};
use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use watchkeeper_runtime::http::Problem;

/// When a sender may try again for whom there was no room: one body is done within much less.
const RETRY_WHEN_FULL: Duration = Duration::from_secs(1);

/// Reads a body to its end. `share` is as large as what has been read: a sender that takes its time
/// holds no more than it has sent.
///
/// # Errors
/// 413 past `max_bytes`, at once when the sender announces it; 503 when there is no room; 400 when the
/// sender breaks off.
pub(crate) async fn read(
    mut body: Body,
    max_bytes: usize,
    share: &mut Share<'_>,
) -> Result<Vec<u8>, Problem> {
    let too_large = || too_large("bytes", max_bytes, "max_body");
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(too_large());
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| refused(StatusCode::BAD_REQUEST, "body", format!("broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > max_bytes - read.len() {
            return Err(too_large());
        }
        share.resize(read.len() + data.len())?;
        read.extend_from_slice(&data);
    }
    Ok(read)
}

/// The bytes that all requests together hold.
#[derive(Debug, Default)]
pub(crate) struct Room {
    taken: AtomicUsize,
}

/// What one request holds of the room, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share<'r> {
    room: &'r Room,
    /// What all may hold.
    most: usize,
    bytes: usize,
}

impl Room {
    /// A share of no bytes yet, where all together may hold `most`.
    pub(crate) fn enter(&self, most: usize) -> Share<'_> {
        Share { room: self, most, bytes: 0 }
    }
}

impl Share<'_> {
    /// Makes the share `bytes` large; what is larger than the whole room takes the whole room.
    ///
    /// # Errors
    /// 503 when there is no room: to wait for it would take memory itself. The share stays as it was.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), Problem> {
        let wanted = bytes.min(self.most);
        // What becomes smaller has its room, also where others hold more than may be held by now.
        let has_room = |taken: &usize| *taken <= self.most || wanted <= self.bytes;
        let exchange = |taken| Some(taken - self.bytes + wanted).filter(has_room);
        let exchanged = self.room.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, exchange);
        exchanged.map_err(|_| full(self.most))?;
        self.bytes = wanted;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn full(limit: usize) -> Problem {
    let reason = format!("more than {limit} bytes are in hand, the limit set by `max_in_hand` in [ingest]");
    Problem::unavailable(reason, RETRY_WHEN_FULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_room_to_the_last_byte_and_no_further() {
        let room = Room::default();
        let (mut one, mut other) = (room.enter(10), room.enter(10));
        one.resize(4).unwrap();
        other.resize(6).unwrap();
        assert_eq!(other.resize(7).unwrap_err().status(), 503);
        one.resize(3).unwrap();
        other.resize(7).unwrap();
        drop(one);
        other.resize(10).unwrap();
    }

    #[test]
    fn what_is_larger_than_the_room_gets_it_alone() {
        let room = Room::default();
        let (mut large, mut small) = (room.enter(10), room.enter(10));
        small.resize(1).unwrap();
        assert!(large.resize(11).is_err());
        drop(small);
        large.resize(11).unwrap();
        drop(large);
        assert_eq!(room.taken.into_inner(), 0);
    }

    #[test]
    fn a_smaller_room_takes_nothing_more_until_it_has_place_and_what_shrinks_may_stay() {
        let room = Room::default();
        let (mut before, mut after) = (room.enter(10), room.enter(4));
        before.resize(8).unwrap();
        assert_eq!(after.resize(1).unwrap_err().status(), 503);
        before.resize(3).unwrap();
        after.resize(1).unwrap();
        assert!(after.resize(2).is_err());
        after.resize(0).unwrap();
    }
}
