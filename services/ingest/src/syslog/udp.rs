//! Receives datagrams.

use super::messages::Messages;
use super::metrics::Protocol;
use std::io;
use std::net::{self, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use watchkeeper_runtime::{RoleContext, RoleResult, Rounds};
use watchkeeper_wire::syslog::Frame;

/// A round begins at the latest after so long, although a datagram begins one.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Most datagrams of one round: then others have their turn.
const MAX_BURST: usize = 1_024;
/// No datagram is larger.
const MAX_DATAGRAM_BYTES: usize = 64 << 10;

/// The listener for datagrams.
pub(super) struct Datagrams {
    context: RoleContext,
    socket: UdpSocket,
    address: SocketAddr,
    messages: Arc<Messages>,
}

impl Datagrams {
    pub(super) fn new(
        context: &RoleContext,
        socket: net::UdpSocket,
        messages: Arc<Messages>,
    ) -> io::Result<Self> {
        let (address, socket) = (socket.local_addr()?, UdpSocket::from_std(socket)?);
        Ok(Self { context: context.clone(), socket, address, messages })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Receives until the role stops, and then what has arrived.
    pub(super) async fn run(self) -> RoleResult {
        let heartbeat = self.context.heartbeat("syslog_udp");
        let mut rounds = Rounds::every(LOOK_EVERY, &self.context, &heartbeat);
        let mut buffer = vec![0; MAX_DATAGRAM_BYTES];
        loop {
            // An error shows when it is read.
            let readable = async { drop(self.socket.readable().await) };
            let burst = async {
                self.messages.take_burst(&mut buffer, |buffer| self.socket.try_recv_from(buffer));
                Ok(())
            };
            if !rounds.next_or_when(readable, burst).await? {
                break;
            }
        }
        // The runtime may not know yet what has arrived.
        let socket = self.socket.into_std()?;
        self.messages.take_burst(&mut buffer, |buffer| socket.recv_from(buffer));
        Ok(())
    }
}

impl Messages {
    /// Takes all datagrams that there are, up to [`MAX_BURST`].
    fn take_burst(
        &self,
        buffer: &mut [u8],
        mut receive: impl FnMut(&mut [u8]) -> io::Result<(usize, SocketAddr)>,
    ) {
        let config = self.config();
        let max_bytes = config.syslog.max_message;
        for _ in 0..MAX_BURST {
            match receive(buffer) {
                Ok((bytes, peer)) => {
                    let frame = Frame { message: &buffer[..bytes.min(max_bytes)], is_cut: bytes > max_bytes };
                    self.offer(frame, peer.ip().to_canonical(), Protocol::Udp, &config.syslog);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => tracing::debug!(%error, "cannot receive a datagram of syslog"),
            }
        }
    }
}
