//! Reads bodies within the memory budget.

use crate::answer::{refused, too_large};
use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use http_body_util::BodyExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use watchkeeper_runtime::http::Problem;

/// When a sender may retry after the budget was exhausted: one body takes much less.
const RETRY_WHEN_FULL: Duration = Duration::from_secs(1);

/// Reads a body to its end. `share` grows with what has been read: a slow sender holds no more than it has sent.
///
/// # Errors
/// 413 past `max_bytes`, at once when the sender announces it; 503 when the budget is exhausted; 400 when the sender
/// aborts.
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

/// The memory budget of all requests, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Room {
    taken: AtomicUsize,
}

/// One request's reservation, released when dropped.
#[derive(Debug)]
pub(crate) struct Share<'r> {
    room: &'r Room,
    /// What all may hold.
    most: usize,
    bytes: usize,
}

impl Room {
    /// An empty reservation, within a budget of `most` bytes for all requests.
    pub(crate) fn enter(&self, most: usize) -> Share<'_> {
        Share { room: self, most, bytes: 0 }
    }
}

impl Share<'_> {
    /// Resizes the reservation to `bytes`; more than the whole budget reserves all of it.
    ///
    /// # Errors
    /// 503 when the budget is exhausted: waiting for it would take memory itself. The reservation is unchanged then.
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
    let reason =
        format!("more than {limit} bytes are being processed, the limit set by `max_in_hand` in [ingest]");
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
