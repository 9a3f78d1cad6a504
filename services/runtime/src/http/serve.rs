//! The accept loop.

use super::limits::Limits;
use super::listen::Listener;
use super::{connection, guard};
use crate::RoleResult;
use axum::Router;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// How long to wait before accepting again when the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

impl Listener {
    /// Serves `router` until `stop` is cancelled, then closes idle connections, answers the requests in
    /// hand, and returns when all are answered or [`Limits::drain`] is over. A stream that does not end
    /// by itself should end when `stop` is cancelled, else it is cut off. Never fails: the result is
    /// what [`Process::spawn`](crate::Process::spawn) takes.
    ///
    /// Speaks HTTP/1.1 and, to a client that begins with it, HTTP/2 without TLS. Past
    /// [`Limits::connections`] a new connection waits in the system's accept queue: it costs nothing
    /// there, and is served as soon as another ends, which idle ones do by themselves.
    ///
    /// Every answer has the security headers, a panic of a handler becomes a 500, and a path or method
    /// that is not there a 404 or 405, whatever fallback `router` has. Two kinds of request never reach
    /// `router`: one that would change something (any but GET, HEAD and OPTIONS) and was sent by a page
    /// of another site (403), and on an open listener one for a host that goes by a name other than
    /// `localhost` (421).
    pub async fn serve(self, router: Router, limits: Limits, stop: CancellationToken) -> RoleResult {
        let router = guard::guarded(router, &limits, self.is_open());
        let limits = Arc::new(limits);
        let places = Arc::new(Semaphore::new(limits.connections));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                (stream, place) = accept(&self, &places) => {
                    let (router, limits, stop) = (router.clone(), limits.clone(), stop.clone());
                    connections.spawn(async move {
                        connection::serve(stream, router, &limits, stop).await;
                        drop(place);
                    });
                }
                Some(ended) = connections.join_next() => note_panic(ended),
            }
        }
        drop(self);
        if tokio::time::timeout(limits.drain, finish(&mut connections)).await.is_err() {
            tracing::warn!(connections = connections.len(), "cut off connections that did not end in time");
        }
        Ok(())
    }
}

/// The next connection, once there is a place for it.
async fn accept(listener: &Listener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok(stream) => return (stream, place),
            Err(error) if is_of_one_connection(&error) => tracing::debug!(%error, "connection failed"),
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
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
    while let Some(ended) = connections.join_next().await {
        note_panic(ended);
    }
}

fn note_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "connection failed");
    }
}
