//! The address of a client.

use std::net::IpAddr;

/// The address of the other end of a connection: an extension of each request. It is that of the proxy if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub IpAddr);
