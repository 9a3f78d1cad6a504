//! One connection, from its first byte to its last.

use super::activity::Overdue;
use super::limits::Limits;
use super::peer_address::PeerAddress;
use super::watched::Watch;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a connection without a request yet may take to begin one once the listener stops: the client may have sent
/// it when the connection was accepted, and must not be refused.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

/// Serves HTTP/1.1, or HTTP/2 to a client that starts with it, until either side closes, a limit is reached, or
/// `stop` is cancelled and the open requests are answered.
pub(super) async fn serve(
    stream: TcpStream,
    watch: Watch,
    router: Router,
    limits: &Limits,
    stop: CancellationToken,
) {
    if stream.set_nodelay(true).is_err() {
        return; // It is closed already.
    }
    let peer = stream.peer_addr().ok().map(|peer| PeerAddress(peer.ip().to_canonical()));
    let first_request = Notify::new();
    let service = service_fn(|mut request: Request<Incoming>| {
        first_request.notify_one();
        let open = watch.request(request.version() == Version::HTTP_2);
        // For the layer that decides whether the request is admitted.
        request.extensions_mut().insert(watch.clone());
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { answer.await.map(|response| response.map(|body| open.until_sent(body))) }
    });
    let protocols = protocols();
    let mut connection = pin!(protocols.serve_connection(TokioIo::new(watch.stream(stream)), service));
    let mut ticks = tokio::time::interval(tick(limits));
    // The permit stays after the first request.
    let mut stopped = pin!(async {
        stop.cancelled().await;
        let _ = timeout(FIRST_REQUEST, first_request.notified()).await;
    });
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error, "connection ended");
                }
                return;
            }
            () = stopped.as_mut(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = ticks.tick() => match watch.overdue(limits) {
                None => {}
                Some(Overdue::Idle) => {
                    watch.closing();
                    connection.as_mut().graceful_shutdown();
                }
                Some(overdue) => {
                    tracing::debug!(error = ?overdue, "connection cut off");
                    return;
                }
            },
        }
    }
}

/// However short the limits are.
const SHORTEST_TICK: Duration = Duration::from_millis(1);

/// A timeout is detected at most a quarter of the shortest one late.
fn tick(limits: &Limits) -> Duration {
    (limits.head.min(limits.idle).min(limits.stall) / 4).max(SHORTEST_TICK)
}

fn protocols() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The watch enforces this timeout, and those that hyper lacks.
        .header_read_timeout(None)
        .max_headers(Limits::HEADERS)
        .max_buf_size(Limits::HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(Limits::STREAMS)
        .max_header_list_size(Limits::HEAD_BYTES)
        .keep_alive_interval(Limits::PING_INTERVAL)
        .keep_alive_timeout(Limits::PING_TIMEOUT);
    builder
}
