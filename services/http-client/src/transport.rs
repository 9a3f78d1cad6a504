//! Connections of ureq: addresses are raced, and certificates are judged by [`Judge`](crate::Judge).

use crate::connect::connect;
use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::time::{Duration, Instant};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, TcpConnector, Transport,
    TransportAdapter,
};

/// Connects to the first address that answers; see [`connect`]. Outside a runtime, such as on the command line, ureq's own
/// connector tries one after the other.
#[derive(Debug, Default)]
pub(crate) struct RacingConnector {
    in_turn: TcpConnector,
}

impl<In: Transport> Connector<In> for RacingConnector {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        match (Handle::try_current(), &chained) {
            (Ok(runtime), None) => {
                let stream = race(&runtime, details)?;
                stream.set_nodelay(true)?;
                Ok(Some(Box::new(TcpTransport { buffers: buffers(details), stream })))
            }
            _ => Ok(self.in_turn.connect(details, chained)?.map(Transport::boxed)),
        }
    }
}

fn race(runtime: &Handle, details: &ConnectionDetails) -> Result<TcpStream, Error> {
    let late = || Error::Timeout(details.timeout.reason);
    in_budget(details.timeout)?;
    let within = details.timeout.not_zero().map_or(time::Duration::MAX, |after| *after);
    let connected = runtime.block_on(async { timeout(within, connect(&details.addrs)).await });
    let stream = connected.map_err(|_| late())?.map_err(io::Error::other)?.into_std()?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

fn buffers(details: &ConnectionDetails) -> LazyBuffers {
    LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size())
}

/// A connection over TCP: ureq's own cannot be made from a stream.
#[derive(Debug)]
struct TcpTransport {
    buffers: LazyBuffers,
    stream: TcpStream,
}

impl Transport for TcpTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = in_budget(timeout.for_write())?;
        self.stream.set_write_timeout(timeout.not_zero().map(|after| *after))?;
        let sent = self.stream.write_all(&self.buffers.output()[..amount]);
        sent.map_err(|error| in_time(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = in_budget(timeout.for_read())?;
        self.stream.set_read_timeout(timeout.not_zero().map(|after| *after))?;
        let read = retry_interrupted(|| self.stream.read(self.buffers.input_append_buf()));
        let amount = read.map_err(|error| in_time(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        // Bytes that nobody asked for end a connection as its close does.
        let quiet = |stream: &TcpStream| {
            stream.set_nonblocking(true)?;
            let peeked = stream.peek(&mut [0]);
            stream.set_nonblocking(false)?;
            io::Result::Ok(matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock))
        };
        quiet(&self.stream).unwrap_or(false)
    }
}

/// The timeout of one read or write. Those below a TLS connection follow each other without a look at the time left.
fn in_budget(timeout: NextTimeout) -> Result<NextTimeout, Error> {
    if timeout.after.is_zero() { Err(Error::Timeout(timeout.reason)) } else { Ok(timeout) }
}

/// Linux reports a read that reaches its timeout as one that would block.
fn in_time(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// A signal may interrupt a read with a timeout, which the system does not resume.
fn retry_interrupted<T>(mut read: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match read() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Performs the TLS handshake of `https` URLs.
#[derive(Debug)]
pub(crate) struct TlsConnector {
    config: Arc<ClientConfig>,
}

impl TlsConnector {
    /// Connections with this configuration.
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self { config: Arc::new(config) }
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, TlsTransport>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let Some(transport) = chained else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| Error::Tls("the host is not a name that a certificate can have"))?;
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name)?;
        let mut socket = TransportAdapter::new(transport.boxed(), Arc::clone(&details.current_time));
        socket.set_timeout(left(details));
        connection.complete_io(&mut socket)?;
        let stream = StreamOwned::new(connection, socket);
        Ok(Some(Either::B(TlsTransport { buffers: buffers(details), stream })))
    }
}

/// The time that the connection has left for its handshake.
fn left(details: &ConnectionDetails) -> NextTimeout {
    let after = match (details.timeout.after, details.now) {
        (Duration::Exact(after), Instant::Exact(begun)) => {
            Duration::Exact(after.saturating_sub(begun.elapsed()))
        }
        (after, _) => after,
    };
    NextTimeout { after, ..details.timeout }
}

/// A connection over TLS.
pub(crate) struct TlsTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for TlsTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsTransport").field("over", &self.stream.sock.inner()).finish_non_exhaustive()
    }
}

impl Transport for TlsTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}
