//! Resource limits of a listener.

use std::time::Duration;

/// The limits of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Concurrent connections. One more replaces an idle one, or waits.
    pub connections: usize,
    /// Concurrent connections of one peer on another host; one more replaces an idle one of its own, or is refused.
    pub connections_of_peer: usize,
    /// From the first byte of a request to the last of its head, and from a new connection to the head of its first
    /// request. On HTTP/2 only the latter; later heads are limited by `idle`.
    pub head: Duration,
    /// From one response to the next request of a kept-alive connection.
    pub idle: Duration,
    /// From a request's head to its response's; includes the body that the response depends on.
    pub request: Duration,
    /// How long a client may leave the next part of a response (at most 16 KiB) unread when its buffers are full, or
    /// on HTTP/2 when its window is closed.
    pub stall: Duration,
    /// Bytes in a body, unless the route sets another limit: see [`body_limit`](super::body_limit).
    pub body_bytes: usize,
    /// From the start of the shutdown to the end of the last request.
    pub drain: Duration,
}

impl Limits {
    /// Default of `connections`.
    pub const CONNECTIONS: usize = 1024;
    /// Default of `connections_of_peer`: leaves room for others, and is enough for a reverse proxy on another host.
    pub const CONNECTIONS_OF_PEER: usize = Self::CONNECTIONS / 2;
    /// Default of `head`.
    pub const HEAD: Duration = Duration::from_secs(10);
    /// Default of `idle`: longer than the usual interval of a scrape or a batch, so that a client's next request
    /// rarely hits a connection that is being closed.
    pub const IDLE: Duration = Duration::from_secs(90);
    /// Default of `request`.
    pub const REQUEST: Duration = Duration::from_secs(30);
    /// Default of `stall`.
    pub const STALL: Duration = Duration::from_secs(30);
    /// Default of `body_bytes`.
    pub const BODY_BYTES: usize = 1024 * 1024;
    /// Default of `drain`: shorter than [`STOP_TIMEOUT`](crate::STOP_TIMEOUT), so that the listener, not the process,
    /// cuts off what does not end.
    pub const DRAIN: Duration = Duration::from_millis(2_500);

    /// Bytes in the head of a request (431).
    pub const HEAD_BYTES: u32 = 64 * 1024;
    /// Headers of one request on HTTP/1.1 (431).
    pub const HEADERS: usize = 100;
    /// Concurrent requests on one HTTP/2 connection.
    pub const STREAMS: u32 = 128;
    /// How often an HTTP/2 connection with open requests is pinged.
    pub const PING_INTERVAL: Duration = Duration::from_secs(30);
    /// How long the client has to answer a ping.
    pub const PING_TIMEOUT: Duration = Duration::from_secs(20);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Self::CONNECTIONS,
            connections_of_peer: Self::CONNECTIONS_OF_PEER,
            head: Self::HEAD,
            idle: Self::IDLE,
            request: Self::REQUEST,
            stall: Self::STALL,
            body_bytes: Self::BODY_BYTES,
            drain: Self::DRAIN,
        }
    }
}
