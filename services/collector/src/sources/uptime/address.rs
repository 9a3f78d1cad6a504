//! Addresses of TCP ports.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// Longest name of a host, in bytes (RFC 1035).
const MAX_HOST_BYTES: usize = 253;

/// A host and a port: `db.internal:5432`, `192.0.2.1:22`, `[2001:db8::1]:443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

/// Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be HOST:PORT, such as db.internal:5432 or [2001:db8::1]:443")]
pub struct AddressError;

impl Address {
    /// From a host (an IPv6 address may be in brackets) and a port.
    pub(super) fn new(host: &str, port: u16) -> Self {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Self { host: host.to_owned(), port }
    }

    /// The same with a port that may be missing: `db.internal`, `[2001:db8::1]:53`, `192.0.2.1`.
    pub(super) fn with_default_port(text: &str, port: u16) -> Result<Self, AddressError> {
        let has_port =
            text.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
        if has_port { text.parse() } else { format!("{text}:{port}").parse() }
    }

    /// A name or an address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, never 0.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (host, port) = text.rsplit_once(':').ok_or(AddressError)?;
        let port = port.parse().ok().filter(|&port| port > 0).ok_or(AddressError)?;
        let address = Self::new(host, port);
        let is_valid = match host.strip_prefix('[') {
            Some(_) => address.host.parse::<Ipv6Addr>().is_ok(),
            None => is_name(host),
        };
        if is_valid { Ok(address) } else { Err(AddressError) }
    }
}

/// A name, or an IPv4 address: the lookup decides about anything else.
fn is_name(host: &str) -> bool {
    let bytes = 1..=MAX_HOST_BYTES;
    bytes.contains(&host.len()) && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// As configured.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn host_and_port_are_read() {
        for (text, host, port) in [
            ("db.internal:5432", "db.internal", 5432),
            ("192.0.2.1:22", "192.0.2.1", 22),
            ("[::1]:443", "::1", 443),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.host(), address.port()), (host, port));
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn a_missing_port_is_that_of_the_protocol() {
        for (text, full) in [
            ("db.internal", Some("db.internal:53")),
            ("192.0.2.1:5353", Some("192.0.2.1:5353")),
            ("[::1]", Some("[::1]:53")),
            ("[::1]:5353", Some("[::1]:5353")),
            ("::1", None),
            ("host:", None),
            ("a b", None),
        ] {
            let address = Address::with_default_port(text, 53).ok();
            assert_eq!(address.map(|address| address.to_string()).as_deref(), full, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_address_is_refused() {
        let host = |bytes| "x".repeat(bytes) + ":1";
        assert!(host(MAX_HOST_BYTES).parse::<Address>().is_ok());
        let long = host(MAX_HOST_BYTES + 1);
        for text in
            ["", "host", "host:", ":22", "host:0", "host:65536", "::1:22", "[host]:22", "a b:1", &long]
        {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_reads_the_same_again(text in "\\PC*:[0-9]*") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert_eq!(address.to_string().parse(), Ok(address));
            }
        }
    }
}
