//! Tracks what a connection is doing and whether it has exceeded a timeout.
//!
//! The timeouts of hyper and tower-http do not cover this: none closes an idle connection of HTTP/2, ends a response
//! that
//! a client leaves unread, or says which connection can be spared (`a_connection_that_is_idle_is_closed`,
//! `an_answer_that_is_not_read_is_cut_off`, `an_answer_that_a_client_of_http2_makes_no_room_for_is_cut_off` and
//! `past_the_limit_a_connection_takes_the_place_of_one_that_is_idle` in `tests/http/limits.rs`).

use super::limits::Limits;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// The activity of a connection. Depends only on the instants that it is given.
#[derive(Debug)]
pub(super) struct Activity {
    /// Requests whose responses are not complete, each with the time since when the next part of the response could
    /// be fetched. HTTP/2 fetches none before the client opens its window, whatever the socket accepts.
    requests: BTreeMap<RequestId, Option<Instant>>,
    next_request: RequestId,
    /// What is awaited while there are no requests.
    awaited: Awaited,
    http2: bool,
    /// Since when the client reads nothing.
    stalled_since: Option<Instant>,
    connected: Instant,
    /// Whether a request was admitted.
    is_known: bool,
}

/// How easily a connection can be closed, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// None of its requests was admitted, and it waits for its client.
    Stranger(Instant),
    /// A request was admitted, and the connection is kept for the next one.
    Idle(Instant),
    /// A request is being served.
    AtWork,
}

/// Tells the requests of one connection apart.
pub(super) type RequestId = u64;

/// What is awaited, and since when.
#[derive(Debug)]
enum Awaited {
    /// The first byte of a request.
    Request(Instant),
    /// The last byte of its head, or of the connection.
    HeadEnd(Instant),
}

/// The timeout that a connection has exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// Sending the head of a request, or closing.
    Head,
    /// Idle.
    Idle,
    /// Leaving a response unread.
    Stall,
}

impl Activity {
    /// A new connection, whose client speaks first.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            requests: BTreeMap::new(),
            next_request: 0,
            awaited: Awaited::HeadEnd(now),
            http2: false,
            stalled_since: None,
            connected: now,
            is_known: false,
        }
    }

    /// A request was admitted.
    pub(super) fn let_in(&mut self) {
        self.is_known = true;
    }

    /// How easily it can be closed. An unauthenticated client does not count as at work while it only reads a
    /// response.
    pub(super) fn standing(&self) -> Standing {
        let awaits_client = self.requests.values().all(Option::is_some);
        match self.awaited {
            _ if !self.is_known && awaits_client => Standing::Stranger(self.connected),
            Awaited::Request(since) | Awaited::HeadEnd(since) if self.requests.is_empty() => {
                Standing::Idle(since)
            }
            _ => Standing::AtWork,
        }
    }

    /// Bytes were received. On HTTP/1.1 they begin a request, on HTTP/2 they may be anything.
    pub(super) fn received(&mut self, now: Instant) {
        if !self.http2 {
            self.await_end(now);
        }
    }

    /// The connection was asked to close, within the timeout for a head.
    pub(super) fn closing(&mut self, now: Instant) {
        self.await_end(now);
    }

    fn await_end(&mut self, now: Instant) {
        if matches!(self.awaited, Awaited::Request(_)) {
            self.awaited = Awaited::HeadEnd(now);
        }
    }

    /// Bytes were sent, or could not be.
    pub(super) fn sent(&mut self, taken: bool, now: Instant) {
        if taken {
            self.stalled_since = None;
        } else {
            self.stalled_since.get_or_insert(now);
        }
    }

    /// The head of a request is complete.
    pub(super) fn begin_request(&mut self, http2: bool) -> RequestId {
        let request = self.next_request;
        self.next_request += 1;
        self.requests.insert(request, None);
        self.http2 = http2;
        request
    }

    /// The next part of a response can be fetched.
    pub(super) fn offered(&mut self, request: RequestId, now: Instant) {
        self.requests.insert(request, Some(now));
    }

    /// The next part of a response is being fetched, however long it takes to produce.
    pub(super) fn fetched(&mut self, request: RequestId) {
        self.requests.insert(request, None);
    }

    /// The response to a request is complete, or was aborted.
    pub(super) fn end_request(&mut self, request: RequestId, now: Instant) {
        self.requests.remove(&request);
        self.awaited = Awaited::Request(now);
    }

    /// The timeout that it has exceeded, if any.
    pub(super) fn overdue(&self, limits: &Limits, now: Instant) -> Option<Overdue> {
        let late = |since, limit| now.duration_since(since) >= limit;
        let mut untaken = self.requests.values().chain([&self.stalled_since]).flatten();
        if untaken.any(|since| late(*since, limits.stall)) {
            return Some(Overdue::Stall);
        }
        match self.awaited {
            _ if !self.requests.is_empty() => None,
            Awaited::HeadEnd(since) if late(since, limits.head) => Some(Overdue::Head),
            Awaited::Request(since) if late(since, limits.idle) => Some(Overdue::Idle),
            Awaited::HeadEnd(_) | Awaited::Request(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> Limits {
        Limits { head: 10 * SECOND, idle: 60 * SECOND, stall: 30 * SECOND, ..Limits::default() }
    }

    /// What is overdue 1 s before and at `due` seconds after the start.
    fn around(activity: &Activity, start: Instant, due: u32) -> (Option<Overdue>, Option<Overdue>) {
        let at = |seconds| activity.overdue(&limits(), start + seconds * SECOND);
        (at(due - 1), at(due))
    }

    fn after_a_request(start: Instant, http2: bool) -> Activity {
        let mut activity = Activity::new(start);
        let request = activity.begin_request(http2);
        activity.end_request(request, start + 100 * SECOND);
        activity
    }

    #[test]
    fn a_new_connection_has_the_time_of_a_head_however_often_it_sends_a_byte() {
        let start = Instant::now();
        let mut activity = Activity::new(start);
        activity.received(start + 9 * SECOND);
        assert_eq!(around(&activity, start, 10), (None, Some(Overdue::Head)));
    }

    #[test]
    fn a_client_is_a_stranger_until_a_request_of_it_is_let_in() {
        let start = Instant::now();
        let mut activity = Activity::new(start);
        assert_eq!(activity.standing(), Standing::Stranger(start));
        let refused = activity.begin_request(false);
        assert_eq!(activity.standing(), Standing::AtWork);
        activity.offered(refused, start + SECOND);
        assert_eq!(activity.standing(), Standing::Stranger(start));
        activity.end_request(refused, start + 2 * SECOND);
        assert_eq!(activity.standing(), Standing::Stranger(start));

        let taken = activity.begin_request(false);
        activity.let_in();
        activity.offered(taken, start + 3 * SECOND);
        assert_eq!(activity.standing(), Standing::AtWork);
        activity.end_request(taken, start + 4 * SECOND);
        assert_eq!(activity.standing(), Standing::Idle(start + 4 * SECOND));
    }

    #[test]
    fn a_request_may_last() {
        let start = Instant::now();
        let mut activity = Activity::new(start);
        activity.begin_request(false);
        activity.received(start + SECOND);
        assert_eq!(activity.overdue(&limits(), start + 1_000_000 * SECOND), None);
    }

    #[test]
    fn a_kept_connection_is_idle_until_its_next_byte_which_begins_a_head() {
        let start = Instant::now();
        let mut activity = after_a_request(start, false);
        assert_eq!(around(&activity, start, 160), (None, Some(Overdue::Idle)));
        activity.received(start + 110 * SECOND);
        assert_eq!(around(&activity, start, 120), (None, Some(Overdue::Head)));
    }

    #[test]
    fn bytes_of_http2_between_requests_begin_no_head() {
        let start = Instant::now();
        let mut activity = after_a_request(start, true);
        activity.received(start + 110 * SECOND);
        assert_eq!(around(&activity, start, 160), (None, Some(Overdue::Idle)));
    }

    #[test]
    fn a_connection_that_was_asked_to_close_has_the_time_of_a_head() {
        let start = Instant::now();
        let mut activity = after_a_request(start, true);
        activity.closing(start + 160 * SECOND);
        assert_eq!(around(&activity, start, 170), (None, Some(Overdue::Head)));
    }

    #[test]
    fn an_unread_answer_stalls_from_the_first_refused_byte_to_the_next_taken_one() {
        let start = Instant::now();
        let mut activity = Activity::new(start);
        activity.begin_request(false);
        activity.sent(false, start);
        activity.sent(false, start + 20 * SECOND);
        assert_eq!(around(&activity, start, 30), (None, Some(Overdue::Stall)));
        activity.sent(true, start + 29 * SECOND);
        assert_eq!(activity.overdue(&limits(), start + 100 * SECOND), None);
    }

    #[test]
    fn a_part_that_is_not_fetched_stalls_whatever_the_socket_takes_and_other_requests_do() {
        let start = Instant::now();
        let mut activity = Activity::new(start);
        let (unread, read) = (activity.begin_request(true), activity.begin_request(true));
        for request in [unread, read] {
            activity.offered(request, start);
        }
        activity.fetched(read);
        activity.sent(true, start + 29 * SECOND);
        assert_eq!(around(&activity, start, 30), (None, Some(Overdue::Stall)));
        activity.fetched(unread);
        assert_eq!(activity.overdue(&limits(), start + 1_000_000 * SECOND), None);
        activity.offered(unread, start + 100 * SECOND);
        assert_eq!(around(&activity, start, 130), (None, Some(Overdue::Stall)));
        activity.end_request(unread, start + 110 * SECOND);
        assert_eq!(activity.overdue(&limits(), start + 1_000_000 * SECOND), None);
    }
}
