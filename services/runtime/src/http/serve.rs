//! The accept loop.

use super::limits::Limits;
use super::listen::Listener;
use super::seats::{Peer, Seats, Verdict};
use super::watched::Watch;
use super::{connection, guard};
use crate::RoleResult;
use axum::Router;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use watchkeeper_domain::Seldom;

/// How long to wait before accepting again when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// How often to check whether a connection can be closed in favour of a waiting one.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Listener {
    /// Serves `router` until `stop` is cancelled, then closes idle connections, finishes open requests, and returns
    /// when all are answered or [`Limits::drain`] is over. A stream that does not end by itself should end when
    /// `stop` is cancelled, else it is cut off. Never fails: the result is what
    /// [`Process::spawn`](crate::Process::spawn) takes.
    ///
    /// Speaks HTTP/1.1 and, to a client that starts with it, HTTP/2 without TLS. At [`Limits::connections`] a new
    /// connection replaces one that is not at work: first one without a valid token, of the peer with the most of
    /// them, then an idle one. While all are at work it waits, and further ones wait in the system's accept queue,
    /// where they cost nothing. A peer on another host has at most [`Limits::connections_of_peer`].
    ///
    /// Every response has the security headers, a panic of a handler becomes a 500, and an unknown path or method a
    /// 404 or 405, whatever fallback `router` has. Two kinds of request never reach `router`: a cross-site request
    /// that would change something (any method but GET, HEAD and OPTIONS; 403), and on an open listener a request for
    /// a host name other than `localhost` (421).
    pub async fn serve(self, router: Router, limits: Limits, stop: CancellationToken) -> RoleResult {
        let router = guard::guarded(router, &limits, self.is_open(), self.problem_page());
        let limits = Arc::new(limits);
        let (mut connections, mut seats) = (JoinSet::new(), Seats::default());
        let (mut newcomer, told) = (None, Mutex::new(Seldom::default()));
        loop {
            newcomer = match newcomer {
                None => None,
                Some((stream, peer)) => match seats.judge(peer, &limits) {
                    Verdict::Welcome => {
                        let watch = Watch::new();
                        let (router, limits, stop) = (router.clone(), limits.clone(), stop.clone());
                        let task = connections.spawn({
                            let watch = watch.clone();
                            async move { connection::serve(stream, watch, router, &limits, stop).await }
                                .in_current_span()
                        });
                        seats.take(peer, watch, task);
                        None
                    }
                    Verdict::TurnAway => None,
                    Verdict::InsteadOf(_) | Verdict::Wait => Some((stream, peer)),
                },
            };
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept(&self, &told), if newcomer.is_none() => newcomer = Some(accepted),
                Some(ended) = connections.join_next_with_id() => seats.leave(note_end(ended)),
                () = tokio::time::sleep(LOOK_EVERY), if newcomer.is_some() => {}
            }
        }
        drop(self);
        if tokio::time::timeout(limits.drain, finish(&mut connections)).await.is_err() {
            tracing::warn!(connections = connections.len(), "closed connections that did not end in time");
        }
        Ok(())
    }
}

/// The next connection.
async fn accept(listener: &Listener, told: &Mutex<Seldom>) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => tracing::debug!(%error, "connection failed"),
            Err(error) => {
                if told.lock().admit(1, std::time::Instant::now()).is_some() {
                    tracing::error!(%error, "cannot accept connections");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn finish(connections: &mut JoinSet<()>) {
    while let Some(ended) = connections.join_next_with_id().await {
        note_end(ended);
    }
}

/// The ID of the ended task; logs if it panicked.
fn note_end(ended: Result<(Id, ()), JoinError>) -> Id {
    match ended {
        Ok((id, ())) => id,
        Err(error) => {
            if error.is_panic() {
                tracing::error!(%error, "a connection panicked");
            }
            error.id()
        }
    }
}
