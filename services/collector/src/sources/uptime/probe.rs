//! Probing: what all kinds of checks share.

use super::address::Address;
use super::certificate::Expiry;
use super::config::Check;
use super::evidence::{Evidence, Trace};
use super::failure;
use super::watching::Watch;
use crate::target::CollectError;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use watchkeeper_http_client::{NotConnected, Threads, Trust, Turn, connect};

/// Most concurrent probes. A probe that gets no slot within [`TURN_WITHIN`] is skipped: whether its target is up
/// remains unknown.
pub const MAX_PROBES: usize = 256;

/// How long a probe waits for its turn.
pub(super) const TURN_WITHIN: Duration = Duration::from_secs(1);

/// The result of a probe.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Finding {
    /// Why the target is not up; `None` if it is.
    pub(super) failure: Option<String>,
    /// From the name lookup to the response, if there was one.
    pub(super) latency: Option<Duration>,
    /// The status code of the response.
    pub(super) status: Option<u16>,
    /// When the server's certificate expires.
    pub(super) expiry: Option<Expiry>,
    /// When the registration of the domain ends.
    pub(super) domain: Option<Expiry>,
    /// The share of echo requests without a reply, in percent.
    pub(super) loss: Option<f64>,
    /// What the probe shows of this host's own network.
    pub(super) evidence: Evidence,
}

impl Finding {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self { failure: Some(reason.into()), ..Self::default() }
    }
}

/// Probes targets. Clones share the limit on concurrent probes.
#[derive(Clone, Debug)]
pub(super) struct Prober {
    threads: Threads,
    watch: Watch,
}

/// One running probe.
pub(super) struct Probe {
    pub(super) turn: Turn,
    pub(super) within: Duration,
    pub(super) begun: Instant,
    pub(super) trace: Trace,
}

impl Prober {
    pub(super) fn new() -> Self {
        Self { threads: Threads::new(MAX_PROBES), watch: Watch::default() }
    }

    /// What this host can see.
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The result of a check within this timeout.
    ///
    /// # Errors
    /// The check could not be made, which says nothing about the target.
    pub(super) async fn probe(&self, check: &Check, within: Duration) -> Result<Finding, CollectError> {
        let turn = self.turn().await?;
        let probe = Probe { turn, within, begun: Instant::now(), trace: Trace::default() };
        let finding = match check {
            Check::Http(check) => probe.http(check).await,
            Check::Tcp(address) => probe.tcp(address).await,
            Check::Tls(address, trust) => probe.tls(address, trust).await,
            Check::Icmp(check) => probe.icmp(check).await,
            Check::Dns(check) => probe.dns(check).await,
            Check::Grpc(check) => probe.grpc(check).await,
            Check::Talk(check) => probe.talk(check).await,
            Check::Domain(check) => probe.domain(check).await,
        }?;
        Ok(Finding { evidence: probe.trace.evidence(), ..finding })
    }

    pub(super) async fn turn(&self) -> Result<Turn, CollectError> {
        timeout(TURN_WITHIN, self.threads.turn())
            .await
            .map_err(|_| CollectError::Unreachable(format!("{MAX_PROBES} other probes are still running")))
    }
}

impl Probe {
    async fn tcp(&self, address: &Address) -> Result<Finding, CollectError> {
        let connected = self.in_time(self.connect(address)).await?;
        Ok(connected.map_or_else(Finding::failed, |_| self.answered()))
    }

    async fn tls(&self, address: &Address, trust: &Trust) -> Result<Finding, CollectError> {
        let handshake = self.handshake(address, trust).await?;
        let finding = handshake.result.map_or_else(Finding::failed, |()| self.answered());
        Ok(Finding { expiry: handshake.expiry, ..finding })
    }

    /// The target answered now.
    pub(super) fn answered(&self) -> Finding {
        Finding { latency: Some(self.begun.elapsed()), ..Finding::default() }
    }

    /// The result of `attempt` within the remaining time.
    pub(super) async fn in_time<T>(
        &self,
        attempt: impl Future<Output = Result<Result<T, String>, CollectError>>,
    ) -> Result<Result<T, String>, CollectError> {
        let outcome = timeout_at(self.begun + self.within, attempt).await;
        outcome.unwrap_or_else(|_| Ok(Err(CollectError::TimedOut(self.within).to_string())))
    }

    /// A connection, or why there is none.
    pub(super) async fn connect(&self, address: &Address) -> Result<Result<TcpStream, String>, CollectError> {
        let addresses = match self.look_up(address).await? {
            Ok(addresses) => addresses,
            Err(reason) => return Ok(Err(reason)),
        };
        let failures = match connect(&addresses).await {
            Ok(stream) => {
                if let Ok(peer) = stream.peer_addr() {
                    self.trace.answered(peer.ip());
                }
                return Ok(Ok(stream));
            }
            Err(NotConnected(failures)) => failures,
        };
        self.trace.not_connected(failures.iter().map(|(address, error)| (address.ip(), error)));
        let failures = failures.iter().map(|(address, error)| (address.ip(), failure::of_connection(error)));
        Ok(Err(failure::of_addresses(&failures.collect::<Vec<_>>())))
    }

    /// The addresses of a host, or why there is none.
    pub(super) async fn look_up(
        &self,
        address: &Address,
    ) -> Result<Result<Vec<SocketAddr>, String>, CollectError> {
        let (host, port) = (address.host().to_owned(), address.port());
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(Ok(vec![SocketAddr::new(ip, port)]));
        }
        self.trace.looks_up(&host);
        let trace = self.trace.clone();
        let look_up = move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            match &found {
                Ok(addresses) => trace.found(addresses),
                Err(error) => trace.not_found(error),
            }
            found.map_err(|error| failure::of_lookup(&error, &host))
        };
        Ok(self.turn.clone().run(look_up).await?)
    }
}
