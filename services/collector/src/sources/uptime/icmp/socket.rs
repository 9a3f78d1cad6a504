//! Sockets for echo requests.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as StdSocket};
use tokio::net::UdpSocket;

/// A socket that is connected to one host: it receives nothing from others, and the errors of routers on the way.
#[derive(Debug)]
pub(in crate::sources::uptime) struct EchoSocket {
    socket: UdpSocket,
    is_v6: bool,
    is_raw: bool,
}

impl EchoSocket {
    /// An unprivileged socket (`net.ipv4.ping_group_range`), or a raw one (`CAP_NET_RAW`).
    ///
    /// # Errors
    /// The kernel refuses both ([`is_refusal`]), or there is no route.
    pub(super) fn open(address: IpAddr) -> io::Result<Self> {
        let (socket, is_raw) = match new(address.is_ipv6(), Type::DGRAM) {
            Ok(socket) => (socket, false),
            Err(error) if is_refusal(&error) => (new(address.is_ipv6(), Type::RAW)?, true),
            Err(error) => return Err(error),
        };
        socket.set_nonblocking(true)?;
        socket.connect(&SocketAddr::new(address, 0).into())?;
        // Tokio and the standard library know no other sockets for datagrams; the calls are the same.
        let socket = UdpSocket::from_std(StdSocket::from(socket))?;
        Ok(Self { socket, is_v6: address.is_ipv6(), is_raw })
    }

    pub(super) fn is_v6(&self) -> bool {
        self.is_v6
    }

    /// Whether received packets begin with the header of IPv4.
    pub(super) fn has_header(&self) -> bool {
        self.is_raw && !self.is_v6
    }

    pub(super) async fn send(&self, message: &[u8]) -> io::Result<()> {
        self.socket.send(message).await.map(drop)
    }

    pub(super) async fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.recv(buffer).await
    }
}

fn new(is_v6: bool, kind: Type) -> io::Result<Socket> {
    let (domain, protocol) =
        if is_v6 { (Domain::IPV6, Protocol::ICMPV6) } else { (Domain::IPV4, Protocol::ICMPV4) };
    Socket::new(domain, kind, Some(protocol))
}

/// Whether the kernel does not let this process open the socket, or does not know the family.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    [libc::EACCES, libc::EPERM, libc::EAFNOSUPPORT, libc::EPROTONOSUPPORT].map(Some).contains(&code)
}

/// Whether this process may ping the addresses of a family.
pub(in crate::sources::uptime) fn may_ping(is_v6: bool) -> bool {
    let address: IpAddr = if is_v6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    [Type::DGRAM, Type::RAW].into_iter().any(|kind| new(address.is_ipv6(), kind).is_ok())
}

/// What to do about a refusal.
pub(in crate::sources::uptime) fn refusal(address: IpAddr) -> String {
    let family = if address.is_ipv6() { "IPv6" } else { "IPv4" };
    if new(address.is_ipv6(), Type::DGRAM)
        .is_err_and(|error| error.raw_os_error() == Some(libc::EAFNOSUPPORT))
    {
        return format!("this host does not support {family}");
    }
    format!(
        "the kernel refuses a socket for ICMP over {family}: include the group of this process in \
         net.ipv4.ping_group_range, or give it CAP_NET_RAW"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_and_is_no_other_error() {
        for code in [libc::EACCES, libc::EPERM, libc::EAFNOSUPPORT] {
            assert!(is_refusal(&io::Error::from_raw_os_error(code)));
        }
        assert!(!is_refusal(&io::Error::from_raw_os_error(libc::ENETUNREACH)));
        assert!(refusal(Ipv6Addr::LOCALHOST.into()).contains("ICMP over IPv6"));
    }
}
