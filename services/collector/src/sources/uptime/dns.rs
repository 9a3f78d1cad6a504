//! DNS checks: a query to one server, and what its answer must be.

mod config;
mod message;
mod resolv_conf;

use super::failure;
use super::probe::{Finding, Probe};
use crate::target::CollectError;
use message::{Answer, Query};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{timeout, timeout_at};

pub use config::{DnsCheck, MAX_EXPECTED_ANSWERS, RecordType};

/// How often a query over UDP is sent before the server counts as silent: a packet may be lost.
const MAX_SENDS: u32 = 3;
/// Longest message over UDP that is read, in bytes.
const MAX_UDP_BYTES: usize = 4096;
/// How many stray packets are passed over before the next send.
const MAX_STRAY: usize = 100;

impl Probe {
    /// Queries the server, and judges its answer.
    pub(super) async fn dns(&self, check: &DnsCheck) -> Result<Finding, CollectError> {
        let server = match &check.server {
            Some(address) => match self.in_time(self.look_up(address)).await? {
                Ok(addresses) => addresses.first().copied(),
                Err(reason) => return Ok(Finding::failed(reason)),
            },
            None => Some(SocketAddr::new(resolv_conf::first_server().await, config::PORT)),
        };
        let Some(server) = server else { return Ok(Finding::failed("the host name has no address")) };
        let query = Query::new(&check.name, check.record);
        // Our own words name the server.
        let asked = timeout_at(self.begun + self.within, self.ask(&query, server)).await;
        let asked = asked.unwrap_or_else(|_| Answer::silence(server.ip(), self.within));
        Ok(match asked {
            Answer::Failed(reason) => Finding::failed(reason),
            Answer::Records(records) => Finding { failure: check.unmet(&records), ..self.answered() },
            // The server answered, only not with records.
            Answer::Refused(reason) => Finding { failure: Some(reason), ..self.answered() },
        })
    }

    async fn ask(&self, query: &Query, server: SocketAddr) -> Answer {
        let failed = |error: &io::Error| {
            self.trace.not_connected([(server.ip(), error)].into_iter());
            Answer::Failed(format!("{} at DNS server {}", failure::of_connection(error), server.ip()))
        };
        let answer = match over_udp(query, server, self.within / MAX_SENDS).await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Answer::silence(server.ip(), self.within),
            Err(error) => return failed(&error),
        };
        self.trace.answered(server.ip());
        match query.read(&answer) {
            Some(read) => read,
            None => match over_tcp(query, server).await {
                Ok(answer) => query.read_whole(&answer),
                Err(error) => failed(&error),
            },
        }
    }
}

/// The message that answers the query; `None` if there is none.
async fn over_udp(query: &Query, server: SocketAddr, resend_after: Duration) -> io::Result<Option<Vec<u8>>> {
    let any: IpAddr =
        if server.is_ipv6() { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server).await?;
    let mut buffer = vec![0; MAX_UDP_BYTES];
    for _ in 0..MAX_SENDS {
        socket.send(query.bytes()).await?;
        let answer = async {
            for _ in 0..MAX_STRAY {
                let read = socket.recv(&mut buffer).await?;
                if query.is_answered_by(&buffer[..read]) {
                    return io::Result::Ok(Some(read));
                }
            }
            Ok(None)
        };
        match timeout(resend_after, answer).await {
            Ok(Ok(Some(read))) => {
                buffer.truncate(read);
                return Ok(Some(buffer));
            }
            Ok(Err(error)) => return Err(error),
            // Nothing but stray packets, or nothing.
            Ok(Ok(None)) | Err(_) => {}
        }
    }
    Ok(None)
}

/// The same over TCP, with a length in front (RFC 7766).
async fn over_tcp(query: &Query, server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.bytes().len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), query.bytes()].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
