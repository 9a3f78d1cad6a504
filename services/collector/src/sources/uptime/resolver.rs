//! Resolves the addresses that a probe connects to.

use super::evidence::Trace;
use super::reach::Reach;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;
use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Resolves the hosts of one probe: the first is the target's own, every other one that of a redirect. The probe
/// connects to exactly these addresses, so that a name cannot resolve differently between the check and the
/// connection.
#[derive(Debug)]
pub(super) struct ProbeResolver {
    system: DefaultResolver,
    allow_local_redirects: bool,
    trace: Trace,
    /// Host and port of the proxy, which looks up the target itself.
    proxy: Option<(String, u16)>,
    /// The scope of the target.
    target: OnceLock<Reach>,
}

/// A redirect to an address that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeadsAstray(Reach);

/// `a loopback address`.
impl fmt::Display for LeadsAstray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for LeadsAstray {}

impl LeadsAstray {
    /// Extracts it from the error of a request.
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Other(error) => error.downcast_ref().copied(),
            _ => None,
        }
    }
}

impl ProbeResolver {
    pub(super) fn new(allow_local_redirects: bool, trace: Trace) -> Self {
        Self {
            system: DefaultResolver::default(),
            allow_local_redirects,
            trace,
            proxy: None,
            target: OnceLock::new(),
        }
    }

    /// The same through a proxy, whose own address says nothing about where redirects may lead.
    pub(super) fn via(self, host: &str, port: u16) -> Self {
        Self { proxy: Some((host.to_owned(), port)), target: OnceLock::from(Reach::Public), ..self }
    }

    /// The allowed addresses among `found`.
    fn allowed(&self, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, LeadsAstray> {
        let reach = |address: &SocketAddr| Reach::of(address.ip());
        let least_trusted = found.iter().map(reach).reduce(Reach::least_trusted).unwrap_or(Reach::Nobody);
        let Some(target) = self.target.get().filter(|_| !self.allow_local_redirects) else {
            self.target.get_or_init(|| least_trusted);
            return Ok(found.to_vec());
        };
        let allowed: Vec<_> =
            found.iter().copied().filter(|address| target.may_lead_to(reach(address))).collect();
        match found.first() {
            Some(refused) if allowed.is_empty() => Err(LeadsAstray(reach(refused))),
            _ => Ok(allowed),
        }
    }
}

impl Resolver for ProbeResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default();
        if host.trim_matches(['[', ']']).parse::<IpAddr>().is_err() {
            self.trace.looks_up(host);
        }
        let found = self.system.resolve(uri, config, timeout).inspect_err(|error| match error {
            Error::Io(error) => self.trace.not_found(error),
            Error::HostNotFound => self.trace.not_found(&io::Error::other("name not known")),
            _ => {}
        })?;
        self.trace.found(&found);
        if self.proxy.as_ref().is_some_and(|(proxy, port)| proxy == host && Some(*port) == uri.port_u16()) {
            return Ok(found);
        }
        let allowed = self.allowed(&found).map_err(|error| Error::Other(Box::new(error)))?;
        let mut addresses = self.empty();
        for address in allowed {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 80)).collect()
    }

    /// What a redirect of a target at `target` to a host with the addresses `there` may connect to.
    fn followed(target: &[&str], there: &[&str]) -> Result<Vec<SocketAddr>, LeadsAstray> {
        let resolver = ProbeResolver::new(false, Trace::default());
        assert_eq!(resolver.allowed(&addresses(target)), Ok(addresses(target)));
        resolver.allowed(&addresses(there))
    }

    #[test]
    fn a_redirect_of_a_remote_target_reaches_no_address_of_this_host_or_its_networks() {
        for there in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "169.254.169.254",
            "fe80::1",
            "10.0.0.1",
            "0.0.0.0",
            "::",
        ] {
            assert!(followed(&["192.0.2.1"], &[there]).is_err(), "{there}");
        }
        assert_eq!(followed(&["192.0.2.1"], &["192.0.2.2"]), Ok(addresses(&["192.0.2.2"])));
    }

    #[test]
    fn of_a_name_with_several_addresses_only_those_that_are_allowed_are_used() {
        let mixed = ["127.0.0.1", "192.0.2.2", "10.0.0.1"];
        assert_eq!(followed(&["192.0.2.1"], &mixed), Ok(addresses(&["192.0.2.2"])));
        // The target itself may be one of them only because its own name says so.
        assert_eq!(followed(&["127.0.0.1", "192.0.2.1"], &["127.0.0.1"]), Err(LeadsAstray(Reach::Host)));
    }

    #[test]
    fn what_is_probed_may_lead_to_its_own_kind() {
        assert!(followed(&["127.0.0.1"], &["::1"]).is_ok());
        assert!(followed(&["10.0.0.1"], &["192.168.0.1"]).is_ok());
        assert_eq!(followed(&["127.0.0.1"], &["169.254.169.254"]), Err(LeadsAstray(Reach::Link)));
    }

    #[test]
    fn all_is_allowed_where_the_target_says_so() {
        let resolver = ProbeResolver::new(true, Trace::default());
        for address in ["192.0.2.1", "127.0.0.1", "169.254.169.254"] {
            assert!(resolver.allowed(&addresses(&[address])).is_ok());
        }
    }
}
