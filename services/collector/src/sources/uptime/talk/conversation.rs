//! Reading and writing, within bounds.

use crate::sources::uptime::failure;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Most bytes of a reply that are read.
pub const MAX_REPLY_BYTES: usize = 64 * 1024;
/// Most bytes that are read at once.
const READ_BYTES: usize = 4 * 1024;

/// One connection.
pub(super) struct Conversation<S> {
    stream: S,
    /// Received, and not taken yet.
    pending: Vec<u8>,
    received: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new(), received: 0 }
    }

    /// Sends these bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| failure::of_connection(&error))
    }

    /// Receives more; `false` at the end of the stream.
    pub(super) async fn receive(&mut self) -> Result<bool, String> {
        if self.received >= MAX_REPLY_BYTES {
            return Err(format!("answered more than {MAX_REPLY_BYTES} bytes"));
        }
        let mut buffer = vec![0; READ_BYTES];
        let limit = READ_BYTES.min(MAX_REPLY_BYTES - self.received);
        let read = match self.stream.read(&mut buffer[..limit]).await {
            Ok(read) => read,
            // Some servers end TLS without saying so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(failure::of_connection(&error)),
        };
        self.received += read;
        self.pending.extend_from_slice(&buffer[..read]);
        Ok(read > 0)
    }

    /// What was received and not taken.
    pub(super) fn pending(&self) -> &[u8] {
        &self.pending
    }

    /// The next line without its end.
    pub(super) async fn line(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
            if !self.receive().await? {
                return Err(failure::closed_early(&self.pending));
            }
        }
    }
}
