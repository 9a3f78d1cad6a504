//! Binds sockets.

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;
/// After so long without a byte, the kernel asks whether the other side is still there.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Why a listener cannot start; names the key to change.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` is {address}: cannot listen on it: {error}{}", hint(error))]
pub(super) struct CannotListen {
    key: &'static str,
    address: SocketAddr,
    error: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; `ss -lntup` shows which process does",
        io::ErrorKind::PermissionDenied => "; a port below 1024 needs the capability CAP_NET_BIND_SERVICE",
        io::ErrorKind::AddrNotAvailable => "; `ip address` shows the addresses of this host",
        _ => "",
    }
}

/// A socket for datagrams, with a buffer of `receive_buffer` bytes if the system allows that.
pub(super) fn bind_udp(
    key: &'static str,
    address: SocketAddr,
    receive_buffer: usize,
) -> Result<net::UdpSocket, CannotListen> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_recv_buffer_size(receive_buffer)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    };
    let socket = bind().map_err(|error| CannotListen { key, address, error })?;
    tell_of_a_small_buffer(&socket, receive_buffer);
    Ok(socket)
}

/// The kernel gives no more than `net.core.rmem_max`, and says twice as much, for its own needs.
fn tell_of_a_small_buffer(socket: &net::UdpSocket, wanted_bytes: usize) {
    let bytes = SockRef::from(socket).recv_buffer_size().unwrap_or(wanted_bytes) / 2;
    if bytes < wanted_bytes {
        tracing::warn!(
            bytes,
            "the kernel keeps fewer bytes of syslog datagrams than `ingest.syslog.receive_buffer`, and drops what comes \
             faster: set the sysctl net.core.rmem_max to {wanted_bytes}"
        );
    }
}

/// A socket that accepts connections. Like other listeners it may follow one that has just been closed.
pub(super) fn bind_tcp(key: &'static str, address: SocketAddr) -> Result<net::TcpListener, CannotListen> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bind().map_err(|error| CannotListen { key, address, error })
}

/// Lets the kernel close a connection whose other side is gone.
pub(super) fn keep_alive(stream: &impl AsFd) -> io::Result<()> {
    let times = TcpKeepalive::new().with_time(KEEP_ALIVE_AFTER).with_interval(KEEP_ALIVE_EVERY);
    SockRef::from(stream).set_tcp_keepalive(&times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_use_names_the_key_and_how_to_find_who_uses_it() {
        let any = "127.0.0.1:0".parse().unwrap();
        let tcp = bind_tcp("ingest.syslog.tcp", any).unwrap();
        let error = bind_tcp("ingest.syslog.tcp", tcp.local_addr().unwrap()).unwrap_err().to_string();
        assert!(
            error.starts_with("`ingest.syslog.tcp` is 127.0.0.1:") && error.contains("ss -lntup"),
            "{error}"
        );
        let udp = bind_udp("ingest.syslog.udp", any, 65_536).unwrap();
        let error = bind_udp("ingest.syslog.udp", udp.local_addr().unwrap(), 65_536).unwrap_err().to_string();
        assert!(
            error.starts_with("`ingest.syslog.udp` is 127.0.0.1:") && error.contains("ss -lntup"),
            "{error}"
        );
    }
}
