//! What one listener can be made to hold.

use std::time::Duration;

/// The limits of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once. One more takes the place of one that is not in use, or waits for a place.
    pub connections: usize,
    /// Connections at once of one peer on another host; one more takes the place of one of its own that is not in
    /// use, or is refused.
    pub connections_of_peer: usize,
    /// From the first byte of a request to the last of its head, and from a new connection to the
    /// head of its first request. On HTTP/2 only the latter; its later heads are bound by `idle`.
    pub head: Duration,
    /// From one answer to the next request of a connection that is kept.
    pub idle: Duration,
    /// From a request's head to its answer's; includes the body that the answer depends on.
    pub request: Duration,
    /// How long a client may leave the next part of an answer (at most 16 KiB) unread when its buffers are
    /// full, or on HTTP/2 when it gives no room for it.
    pub stall: Duration,
    /// Bytes in a body, where the route says nothing else: see [`body_limit`](super::body_limit).
    pub body_bytes: usize,
    /// From the end of the service to the end of its last request.
    pub drain: Duration,
}

impl Limits {
    /// Default of `connections`.
    pub const CONNECTIONS: usize = 1024;
    /// Default of `connections_of_peer`: what leaves room for others, and is enough for a reverse proxy on another host.
    pub const CONNECTIONS_OF_PEER: usize = Self::CONNECTIONS / 2;
    /// Default of `head`.
    pub const HEAD: Duration = Duration::from_secs(10);
    /// Default of `idle`: longer than the usual interval of a scrape or a batch, so that a client's
    /// next request seldom meets a connection that is being closed.
    pub const IDLE: Duration = Duration::from_secs(90);
    /// Default of `request`.
    pub const REQUEST: Duration = Duration::from_secs(30);
    /// Default of `stall`.
    pub const STALL: Duration = Duration::from_secs(30);
    /// Default of `body_bytes`.
    pub const BODY_BYTES: usize = 1024 * 1024;
    /// Default of `drain`: shorter than [`STOP_TIMEOUT`](crate::STOP_TIMEOUT), so that the role can
    /// commit afterwards.
    pub const DRAIN: Duration = Duration::from_secs(10);

    /// Bytes in the head of a request (431).
    pub const HEAD_BYTES: u32 = 64 * 1024;
    /// Headers of one request on HTTP/1.1 (431).
    pub const HEADERS: usize = 100;
    /// Requests at once on one connection of HTTP/2.
    pub const STREAMS: u32 = 128;
    /// How often a connection of HTTP/2 with open requests is asked whether its client is still there.
    pub const PING_INTERVAL: Duration = Duration::from_secs(30);
    /// How long the client has to say so.
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
