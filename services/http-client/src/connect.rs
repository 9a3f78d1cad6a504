//! Connections to the first address of a host that answers.

use crate::error::describe_io;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long an attempt has a head start before the next address is tried as well ("Connection Attempt Delay" of RFC 8305,
/// section 5).
pub const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);
/// Most addresses of a host that are tried.
pub const MAX_ADDRESSES: usize = 16;

/// No address accepted a connection: each address that was tried, and why it failed.
#[derive(Debug)]
pub struct NotConnected(pub Vec<(SocketAddr, io::Error)>);

/// Why the first failed.
impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.first() {
            Some((_, error)) => f.write_str(&describe_io(error)),
            None => f.write_str("the host name has no address"),
        }
    }
}

impl Error for NotConnected {}

/// Connects to one of the addresses as browsers and curl do (RFC 8305): IPv6 and IPv4 in turn, the next one as soon as an
/// attempt fails or takes longer than [`NEXT_ADDRESS_AFTER`]; the first connection wins.
///
/// # Errors
/// Once all addresses have failed.
pub async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, NotConnected> {
    let mut left = in_turn(addresses).into_iter();
    let (mut attempts, mut failures) = (JoinSet::new(), Vec::new());
    loop {
        let next = left.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            attempts
                .spawn(async move { TcpStream::connect(address).await.map_err(|error| (address, error)) });
        }
        let head_start = if is_last { Duration::MAX } else { NEXT_ADDRESS_AFTER };
        match timeout(head_start, attempts.join_next()).await {
            Ok(Some(Ok(Ok(stream)))) => return Ok(stream),
            Ok(Some(Ok(Err(failure)))) => failures.push(failure),
            Ok(Some(Err(_))) | Err(_) => {}
            Ok(None) => return Err(NotConnected(failures)),
        }
    }
}

/// The addresses with the families in turn, starting with that of the first (RFC 8305, section 4).
fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let prefers_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == prefers_v6);
    let longest = preferred.len().max(other.len());
    let pairs = (0..longest).flat_map(|index| [preferred.get(index), other.get(index)]);
    pairs.flatten().copied().take(MAX_ADDRESSES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener as Listener;

    fn listener(address: &str) -> Listener {
        Listener::bind(address).unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 80)).collect()
    }

    #[test]
    fn families_take_turns_and_the_first_stays_first() {
        let found = addresses(&["::1", "::2", "192.0.2.1", "::3"]);
        assert_eq!(in_turn(&found), addresses(&["::1", "192.0.2.1", "::2", "::3"]));
        let many = vec![found[0]; MAX_ADDRESSES + 1];
        assert_eq!(in_turn(&many).len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn an_address_that_drops_packets_does_not_keep_the_next_from_answering() {
        // A listener with a full queue drops what comes next.
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        full.bind(&"127.0.0.2:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        full.listen(0).unwrap();
        let silent = full.local_addr().unwrap().as_socket().unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let socket =
                    socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
                socket.set_nonblocking(true).unwrap();
                let _ = socket.connect(&silent.into());
                socket
            })
            .collect();
        let answering = listener("127.0.0.3:0");
        let there = answering.local_addr().unwrap();
        let stream = connect(&[silent, there]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), there);
        drop(waiting);
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_followed_by_the_next_and_all_refusing_is_an_error() {
        // Bound, so that nobody else gets the port; without `listen` it refuses.
        let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        bound.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        let refusing = bound.local_addr().unwrap().as_socket().unwrap();
        let answering = listener("127.0.0.1:0");
        let there = answering.local_addr().unwrap();
        assert_eq!(connect(&[refusing, there]).await.unwrap().peer_addr().unwrap(), there);
        let error = connect(&[refusing]).await.unwrap_err();
        assert_eq!((error.0[0].0, &*error.to_string()), (refusing, "connection refused"));
        assert_eq!(connect(&[]).await.unwrap_err().to_string(), "the host name has no address");
    }
}
