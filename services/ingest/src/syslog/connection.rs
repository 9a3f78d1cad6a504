//! One connection.

use super::messages::Messages;
use super::metrics::Protocol;
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use watchkeeper_wire::syslog::{Frame, Framer};

/// Bytes that are read at once.
const READ_BYTES: usize = 16 << 10;
/// How often a connection is read once more when the role stops, at most: what has arrived by then is taken.
const LAST_READS: usize = 64;
/// How long each of them waits: the runtime may not know yet what has arrived.
const LAST_READ_WITHIN: Duration = Duration::from_millis(50);

/// Takes the messages of a connection until either side ends it. Does not read while too much is pending: the sender then
/// waits.
pub(super) async fn serve(
    mut stream: impl AsyncRead + Unpin,
    peer: IpAddr,
    protocol: Protocol,
    messages: &Messages,
    stop: CancellationToken,
) {
    let config = messages.config();
    let (mut framer, mut buffer) = (Framer::new(config.syslog.max_message), vec![0; READ_BYTES]);
    let take = |frame: Frame<'_>| messages.take(frame, peer, protocol, &config.syslog);
    let ended = loop {
        let read = async {
            messages.pending.room().await;
            timeout(config.syslog.idle, stream.read(&mut buffer)).await
        };
        let read = tokio::select! {
            biased;
            () = stop.cancelled() => break Ended::Stop,
            read = read => read,
        };
        match read {
            Ok(Ok(0)) => break Ended::Closed,
            Ok(Ok(bytes)) => framer.push(&buffer[..bytes], take),
            Ok(Err(error)) => break Ended::Failed(error),
            Err(_) => break Ended::Silent,
        }
    };
    if matches!(ended, Ended::Stop) {
        for _ in 0..LAST_READS {
            match timeout(LAST_READ_WITHIN, stream.read(&mut buffer)).await {
                Ok(Ok(bytes @ 1..)) => framer.push(&buffer[..bytes], take),
                _ => break,
            }
        }
    }
    framer.finish(take);
    if let Ended::Failed(error) = ended {
        tracing::debug!(%error, client = %peer, "connection of syslog ended");
    }
}

enum Ended {
    Closed,
    Failed(io::Error),
    Silent,
    Stop,
}
