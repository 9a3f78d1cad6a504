//! Accepts connections of TCP and TLS.

use super::messages::Messages;
use super::metrics::Protocol;
use super::seats::Seats;
use super::tls::Tls;
use super::{connection, sockets};
use std::io;
use std::net::{self, IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;
use tracing::Instrument as _;
use watchkeeper_domain::Seldom;
use watchkeeper_runtime::{Heartbeat, RoleContext, RoleResult, pause};

/// How long connections have to take in what has arrived when the role stops.
const DRAIN: Duration = Duration::from_secs(1);

/// A listener for streams.
pub(super) struct Streams {
    context: RoleContext,
    protocol: Protocol,
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    messages: Arc<Messages>,
}

impl Streams {
    pub(super) fn new(
        context: &RoleContext,
        protocol: Protocol,
        socket: net::TcpListener,
        tls: Option<Tls>,
        messages: Arc<Messages>,
    ) -> io::Result<Self> {
        let (address, socket) = (socket.local_addr()?, TcpListener::from_std(socket)?);
        Ok(Self { context: context.clone(), protocol, socket, address, tls: tls.map(Arc::new), messages })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves connections until the role stops. One over the limit is closed at once, and counted.
    pub(super) async fn run(self) -> RoleResult {
        let heartbeat = self.context.heartbeat(&format!("syslog_{}", self.protocol.name()));
        let open = self.messages.metrics.connections(self.protocol);
        let (mut connections, mut seats) = (JoinSet::new(), Seats::default());
        let (mut told, stop) = (Seldom::default(), self.context.shutdown().clone());
        loop {
            let next = heartbeat.idle(async {
                tokio::select! {
                    () = stop.cancelled() => Next::Stop,
                    Some(ended) = connections.join_next_with_id() => Next::Ended(id_of(ended)),
                    accepted = self.socket.accept() => Next::Accepted(accepted),
                }
            });
            match next.await {
                Next::Stop => break,
                Next::Ended(id) => seats.leave(id),
                Next::Accepted(Ok((stream, address))) => {
                    let peer = address.ip().to_canonical();
                    if seats.has_room(peer, self.messages.config().syslog.max_connections) {
                        let task = connections.spawn(self.connection(stream, peer).in_current_span());
                        seats.take(task.id(), peer);
                    } else {
                        self.turn_away(peer, &mut told);
                    }
                }
                Next::Accepted(Err(error)) => self.note_failure(&error, &mut told, &heartbeat).await,
            }
            open.set(i64::try_from(seats.len()).unwrap_or(i64::MAX));
        }
        drop(self.socket);
        let finish = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(DRAIN, finish).await;
        open.set(0);
        Ok(())
    }

    /// One connection, from its handshake to its end.
    fn connection(&self, stream: TcpStream, peer: IpAddr) -> impl Future<Output = ()> + Send + use<> {
        let (messages, tls, protocol) = (Arc::clone(&self.messages), self.tls.clone(), self.protocol);
        let stop = self.context.shutdown().clone();
        async move {
            if let Err(error) = sockets::keep_alive(&stream) {
                tracing::debug!(%error, client = %peer, "connection of syslog ended");
                return;
            }
            let Some(tls) = tls else {
                return connection::serve(stream, peer, protocol, &messages, stop).await;
            };
            match tls.handshake(stream).await {
                Ok(stream) => connection::serve(stream, peer, protocol, &messages, stop).await,
                Err(error) => messages.note_without_tls(peer, &error),
            }
        }
    }

    fn turn_away(&self, peer: IpAddr, told: &mut Seldom) {
        self.messages.metrics.refused("limit").inc();
        if let Some(connections) = told.admit(1, Instant::now()) {
            tracing::warn!(connections, client = %peer, "refused connections of syslog: `ingest.syslog.max_connections` is reached");
        }
    }

    /// Of one connection, or the process has no more files: then it waits a moment.
    async fn note_failure(&self, error: &io::Error, told: &mut Seldom, heartbeat: &Heartbeat) {
        if told.admit(1, Instant::now()).is_some() {
            tracing::warn!(%error, "cannot accept a connection of syslog");
        }
        pause(&self.context, heartbeat).await;
    }
}

enum Next {
    Stop,
    Ended(Id),
    Accepted(io::Result<(TcpStream, SocketAddr)>),
}

/// The panic hook has logged a panic.
fn id_of(ended: Result<(Id, ()), JoinError>) -> Id {
    ended.map_or_else(|error| error.id(), |(id, ())| id)
}
