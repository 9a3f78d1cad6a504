//! ICMP checks: echo requests, as `ping` sends them.

mod echo;
mod socket;

use super::address::Address;
use super::failure;
use super::probe::{Finding, Probe};
use crate::target::CollectError;
use echo::{Echo, MAX_REPLY_BYTES};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use watchkeeper_config::Section;

pub(super) use socket::{EchoSocket, may_ping, refusal};

/// Most echo requests of one probe.
pub const MAX_ECHO_REQUESTS: u16 = 10;
/// Echo requests of one probe by default.
const DEFAULT_ECHO_REQUESTS: u16 = 3;

/// Echo requests to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpCheck {
    /// The host. Its port is not used.
    pub host: Address,
    /// How many requests are sent, one after the other; one reply is enough to be up.
    pub count: u16,
}

impl IcmpCheck {
    /// Reads the key `count`.
    pub(super) fn read(section: &mut Section<'_>, host: Address) -> Self {
        Self { host, count: section.integer("count", 1..=MAX_ECHO_REQUESTS, DEFAULT_ECHO_REQUESTS) }
    }
}

/// The result of the requests of one probe.
#[derive(Debug, Default)]
struct Tally {
    sent: u16,
    times: Vec<Duration>,
    /// What the last request failed with, if not by silence.
    error: Option<io::Error>,
}

impl Probe {
    /// Sends the requests, each with its share of the timeout.
    pub(super) async fn icmp(&self, check: &IcmpCheck) -> Result<Finding, CollectError> {
        let address = match self.in_time(self.look_up(&check.host)).await? {
            Ok(addresses) => addresses.first().map(SocketAddr::ip),
            Err(reason) => return Ok(Finding::failed(reason)),
        };
        let Some(address) = address else { return Ok(Finding::failed("the host name has no address")) };
        let mut tally = Tally::default();
        let socket = match EchoSocket::open(address) {
            Ok(socket) => socket,
            Err(error) if socket::is_refusal(&error) => {
                return Err(CollectError::CannotProbe(refusal(address)));
            }
            Err(error) => {
                tally.error = Some(error);
                return Ok(self.tallied(tally, address));
            }
        };
        // After the name lookup: a slow one must not look like lost packets.
        let (begun, deadline) = (Instant::now(), self.begun + self.within);
        let within = deadline.saturating_duration_since(begun);
        for sequence in 0..check.count {
            tally.sent += 1;
            let until = begun + within * u32::from(sequence + 1) / u32::from(check.count);
            match socket.round_trip(sequence, until).await {
                Ok(Some(time)) => tally.times.push(time),
                Ok(None) => {}
                Err(error) => tally.error = Some(error),
            }
        }
        Ok(self.tallied(tally, address))
    }

    fn tallied(&self, tally: Tally, address: IpAddr) -> Finding {
        match &tally.error {
            _ if !tally.times.is_empty() => self.trace.answered(address),
            Some(error) => self.trace.not_connected([(address, error)].into_iter()),
            None => {}
        }
        tally.finding(self.within)
    }
}

impl Tally {
    /// Up with one reply; the latency is the mean round-trip time.
    fn finding(self, within: Duration) -> Finding {
        let replies = u16::try_from(self.times.len()).unwrap_or(u16::MAX);
        let missing = self.sent.saturating_sub(replies);
        let loss = (self.sent > 0).then(|| 100.0 * f64::from(missing) / f64::from(self.sent));
        let failure = match (replies, self.error) {
            (1.., _) => None,
            (0, Some(error)) => Some(failure::of_connection(&error)),
            (0, None) => {
                Some(format!("no reply to {} within {}", requests(self.sent), failure::spelled(within)))
            }
        };
        let total: Duration = self.times.iter().sum();
        let latency = (replies > 0).then(|| total / u32::from(replies.max(1)));
        Finding { failure, latency, loss, ..Finding::default() }
    }
}

fn requests(count: u16) -> String {
    format!("{count} echo request{}", if count == 1 { "" } else { "s" })
}

impl EchoSocket {
    /// Sends one request; the time until its reply, or `None` if there is none until `deadline`.
    ///
    /// # Errors
    /// The request cannot be sent, or a router says that it does not arrive.
    async fn round_trip(&self, sequence: u16, deadline: Instant) -> io::Result<Option<Duration>> {
        let echo = Echo::new(sequence);
        let begun = Instant::now();
        self.send(&echo.request(self.is_v6())).await?;
        let mut buffer = [0; MAX_REPLY_BYTES];
        let reply = async {
            loop {
                let read = self.receive(&mut buffer).await?;
                if echo.is_answered_by(&buffer[..read], self.is_v6(), self.has_header()) {
                    return io::Result::Ok(begun.elapsed());
                }
            }
        };
        timeout_at(deadline, reply).await.map_or(Ok(None), |reply| reply.map(Some))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(sent: u16, millis: &[u64], error: Option<i32>) -> Finding {
        let times = millis.iter().copied().map(Duration::from_millis).collect();
        let error = error.map(io::Error::from_raw_os_error);
        Tally { sent, times, error }.finding(Duration::from_secs(2))
    }

    #[test]
    fn one_reply_is_up_with_the_mean_time_and_the_loss() {
        let found = finding(4, &[10, 20, 60], Some(libc::EHOSTUNREACH));
        assert_eq!(
            (found.failure, found.latency, found.loss),
            (None, Some(Duration::from_millis(30)), Some(25.0))
        );
    }

    #[test]
    fn silence_and_an_error_are_down_with_the_reason() {
        let silent = finding(3, &[], None);
        assert_eq!(silent.failure.as_deref(), Some("no reply to 3 echo requests within 2 s"));
        assert_eq!((silent.latency, silent.loss), (None, Some(100.0)));
        assert_eq!(finding(1, &[], None).failure.as_deref(), Some("no reply to 1 echo request within 2 s"));
        assert_eq!(
            finding(1, &[], Some(libc::EHOSTUNREACH)).failure.as_deref(),
            Some("no route to the host")
        );
    }
}
