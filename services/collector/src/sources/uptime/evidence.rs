//! What a probe shows about the network of this host itself.

use super::reach::Reach;
use parking_lot::Mutex;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

/// What one probe shows. Lookups of addresses, and connections to this host itself, show nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The host that was probed.
    pub(super) host: String,
    /// Whether a resolver answered, be it that the name is unknown.
    pub(super) lookup: Option<bool>,
    /// Whether a packet came back (`true`), or this host had no route (`false`).
    pub(super) route: Option<bool>,
}

/// The evidence of a running probe; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace(Arc<Mutex<Traced>>);

#[derive(Debug, Default)]
struct Traced {
    evidence: Evidence,
    /// An address of the host last looked up, if none is of this host itself.
    elsewhere: Option<IpAddr>,
}

impl Trace {
    /// A lookup begins. If nothing else is recorded, the resolver did not answer before the probe ended.
    pub(super) fn looks_up(&self, host: &str) {
        let evidence = &mut self.0.lock().evidence;
        host.clone_into(&mut evidence.host);
        evidence.lookup = Some(false);
    }

    /// These are the addresses of the host.
    pub(super) fn found(&self, addresses: &[SocketAddr]) {
        let mut traced = self.0.lock();
        let mut addresses = addresses.iter().map(SocketAddr::ip);
        traced.elsewhere = addresses.find(|&address| Reach::of(address) != Reach::Host);
        traced.evidence.lookup = traced.evidence.lookup.and(traced.elsewhere.map(|_| true));
    }

    /// The lookup failed.
    pub(super) fn not_found(&self, error: &io::Error) {
        self.0.lock().evidence.lookup = of_lookup_error(&error.to_string());
    }

    /// The host that was last looked up answered.
    pub(super) fn host_answered(&self) {
        let elsewhere = self.0.lock().elsewhere;
        if let Some(address) = elsewhere {
            self.answered(address);
        }
    }

    /// A peer at this address answered, if only by a refusal.
    pub(super) fn answered(&self, address: IpAddr) {
        if Reach::of(address) != Reach::Host {
            self.routed(address, true);
        }
    }

    /// No address could be reached.
    pub(super) fn not_connected<'e>(&self, failures: impl Iterator<Item = (IpAddr, &'e io::Error)>) {
        let kinds: Vec<_> =
            failures.map(|(address, error)| (address, of_connect_error(address, error))).collect();
        if let Some((address, _)) = kinds.iter().find(|(_, route)| *route == Some(true)) {
            self.answered(*address);
        } else if !kinds.is_empty() && kinds.iter().all(|(_, route)| *route == Some(false)) {
            self.routed(kinds[0].0, false);
        }
    }

    fn routed(&self, address: IpAddr, answered: bool) {
        let evidence = &mut self.0.lock().evidence;
        evidence.route = Some(answered);
        if evidence.host.is_empty() {
            evidence.host = address.to_string();
        }
    }

    /// What was recorded.
    pub(super) fn evidence(&self) -> Evidence {
        self.0.lock().evidence.clone()
    }
}

/// `EAI_AGAIN` says that no resolver answered; an unknown name was answered.
fn of_lookup_error(text: &str) -> Option<bool> {
    // glibc, musl.
    if ["Temporary failure in name resolution", "Try again"].iter().any(|again| text.contains(again)) {
        return Some(false);
    }
    super::failure::is_unknown_name(text).then_some(true)
}

/// Of one connection: a refusal came from the other side; without a route nothing left this host.
fn of_connect_error(address: IpAddr, error: &io::Error) -> Option<bool> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Some(true),
        // Either this host has no route, or a router on the way says so.
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown => {
            (!has_route(address)).then_some(false)
        }
        _ => None,
    }
}

/// Whether this host has a route to the address. Connecting a UDP socket sends nothing.
fn has_route(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let connected = UdpSocket::bind((any, 0)).and_then(|socket| socket.connect((address, 9)));
    !connected.is_err_and(|error| {
        use io::ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable};
        matches!(error.kind(), HostUnreachable | NetworkDown | NetworkUnreachable)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().unwrap(), 80)
    }

    #[test]
    fn a_lookup_that_nobody_answers_differs_from_a_name_that_nobody_knows() {
        let of = |text: &str| of_lookup_error(&format!("failed to lookup address information: {text}"));
        assert_eq!(of("Temporary failure in name resolution"), Some(false));
        assert_eq!(of("Try again"), Some(false));
        assert_eq!(of("Name or service not known"), Some(true));
        assert_eq!(of("Memory allocation failure"), None);
    }

    #[test]
    fn a_lookup_is_a_failure_until_it_ends() {
        let trace = Trace::default();
        trace.looks_up("shop.test");
        assert_eq!(trace.evidence().lookup, Some(false));
        trace.found(&[address("192.0.2.1")]);
        assert_eq!(trace.evidence().lookup, Some(true));
    }

    #[test]
    fn this_host_itself_and_addresses_show_nothing() {
        let trace = Trace::default();
        trace.looks_up("localhost");
        trace.found(&[address("127.0.0.1"), address("::1")]);
        trace.answered("127.0.0.1".parse().unwrap());
        let evidence = trace.evidence();
        assert_eq!((evidence.lookup, evidence.route), (None, None));
        let trace = Trace::default();
        trace.found(&[address("192.0.2.1")]);
        assert_eq!(trace.evidence().lookup, None);
    }

    #[test]
    fn a_refusal_is_an_answer_and_a_router_that_refuses_is_not_this_host() {
        let error = |code| io::Error::from_raw_os_error(code);
        let remote: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(of_connect_error(remote, &error(libc::ECONNREFUSED)), Some(true));
        assert_eq!(of_connect_error(remote, &error(libc::ETIMEDOUT)), None);
        // This host has a route to itself: whoever says otherwise is another.
        let own: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(of_connect_error(own, &error(libc::ENETUNREACH)), None);
        let trace = Trace::default();
        trace.not_connected(
            [(remote, &error(libc::ETIMEDOUT)), (remote, &error(libc::ECONNREFUSED))].into_iter(),
        );
        assert_eq!(trace.evidence().route, Some(true));
    }
}
