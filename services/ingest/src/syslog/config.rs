//! The section `[ingest.syslog]`.

use super::tls::{self, Identity};
use jiff::tz::TimeZone;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use watchkeeper_config::Section;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Longest message, in bytes: the default and the bounds. RFC 5424 (6.1) wants 480 to be taken, and a datagram has no
/// more than 64 KiB.
const MAX_MESSAGE: (usize, RangeInclusive<usize>) = (64 * KIB, 480..=64 * KIB);
/// Most connections of one listener: the default and the bounds.
const MAX_CONNECTIONS: (usize, RangeInclusive<usize>) = (1_024, 1..=65_536);
/// How long a connection may be silent: the default and the bounds. Long, because some senders lose the message that they
/// write to a connection that was closed.
const IDLE: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(24 * 60 * 60), Duration::from_secs(1)..=Duration::from_secs(30 * 24 * 60 * 60));
/// How many bytes of datagrams the kernel is asked to keep: the default and the bounds.
const RECEIVE_BUFFER: (usize, RangeInclusive<usize>) = (8 * MIB, 64 * KIB..=256 * MIB);

const MAX_ZONE_BYTES: usize = 64;

/// Where and how syslog is received. Nothing is, unless an address is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogConfig {
    /// The sockets; a change needs a restart.
    pub(crate) listen: Listen,
    /// The certificate for TLS.
    pub(super) identity: Option<Identity>,
    /// The zone of senders that write none (RFC 3164).
    pub(super) zone: TimeZone,
    /// Longest message in bytes; a longer one is cut.
    pub(super) max_message: usize,
    /// Most connections of each listener.
    pub(super) max_connections: usize,
    /// How long a connection may be silent.
    pub(super) idle: Duration,
}

/// The sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(super) udp: Option<SocketAddr>,
    pub(super) tcp: Option<SocketAddr>,
    pub(super) tls: Option<SocketAddr>,
    pub(super) receive_buffer: usize,
}

impl Listen {
    pub(super) fn is_off(&self) -> bool {
        self.udp.is_none() && self.tcp.is_none() && self.tls.is_none()
    }
}

impl SyslogConfig {
    /// Reads the section; without it nothing is received.
    pub fn read(section: &mut Section<'_>) -> Self {
        let mut address = |key| section.parsed(key).map(|Address(address)| address);
        let (udp, tcp, tls) = (address("udp"), address("tcp"), address("tls"));
        let receive_buffer = section.bytes("receive_buffer", RECEIVE_BUFFER.1, RECEIVE_BUFFER.0);
        if tcp == tls && tls.is_some_and(|address| address.port() != 0) {
            section.refuse("tls", "must not be the same as `tcp`");
        }
        Self {
            listen: Listen { udp, tcp, tls, receive_buffer },
            identity: tls::read_identity(section, tls.is_some()),
            zone: zone(section),
            max_message: section.bytes("max_message", MAX_MESSAGE.1, MAX_MESSAGE.0),
            max_connections: section.integer("max_connections", MAX_CONNECTIONS.1, MAX_CONNECTIONS.0),
            idle: section.duration("idle_timeout", IDLE.1, IDLE.0),
        }
    }
}

fn zone(section: &mut Section<'_>) -> TimeZone {
    let Some(name) = section.optional_text("zone", MAX_ZONE_BYTES) else { return TimeZone::UTC };
    TimeZone::get(&name).unwrap_or_else(|_| {
        section
            .refuse("zone", "is not a known time zone: must be a name such as \"Europe/Berlin\" or \"UTC\"");
        TimeZone::UTC
    })
}

impl Default for SyslogConfig {
    fn default() -> Self {
        Self {
            listen: Listen { udp: None, tcp: None, tls: None, receive_buffer: RECEIVE_BUFFER.0 },
            identity: None,
            zone: TimeZone::UTC,
            max_message: MAX_MESSAGE.0,
            max_connections: MAX_CONNECTIONS.0,
            idle: IDLE.0,
        }
    }
}

/// An address to listen on.
struct Address(SocketAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse().map(Self).map_err(|_| "must be IP:PORT, such as 127.0.0.1:5514 or [::]:5514")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(text: &str) -> Result<SyslogConfig, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(SyslogConfig::read).map_err(|errors| errors.to_string())
    }

    #[test]
    fn nothing_is_received_unless_an_address_is_given() {
        assert!(read("").unwrap().listen.is_off());
        assert_eq!(read(""), Ok(SyslogConfig::default()));
        assert_eq!(read("zone = \"UTC\"\nidle_timeout = \"1d\""), Ok(SyslogConfig::default()));
        assert!(!read("udp = \"127.0.0.1:5514\"").unwrap().listen.is_off());
    }

    #[test]
    fn every_key_is_read() {
        let text = "udp = \"[::]:5514\"\ntcp = \"127.0.0.1:5514\"\nreceive_buffer = \"1MiB\"\nzone = \"Europe/Berlin\"\n\
            max_message = \"8KiB\"\nmax_connections = 7\nidle_timeout = \"1h\"";
        let listen = Listen {
            udp: Some("[::]:5514".parse().unwrap()),
            tcp: Some("127.0.0.1:5514".parse().unwrap()),
            tls: None,
            receive_buffer: MIB,
        };
        let expected = SyslogConfig {
            listen,
            identity: None,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            max_message: 8 * KIB,
            max_connections: 7,
            idle: Duration::from_secs(3600),
        };
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn what_is_wrong_is_named_with_what_it_must_be() {
        for (text, expected) in [
            ("udp = \"5514\"", "udp: must be IP:PORT"),
            ("zone = \"Mars\"", "zone: is not a known time zone"),
            ("max_message = \"65KiB\"", "max_message: "),
            ("max_message = \"479B\"", "max_message: "),
            ("max_connections = 0", "max_connections: "),
            ("idle_timeout = \"0s\"", "idle_timeout: "),
            ("tls = \"127.0.0.1:6514\"", "tls_cert_file: is missing"),
            ("tcp = \"[::1]:5514\"\ntls = \"[::1]:5514\"", "tls: must not be the same as `tcp`"),
            ("tls_cert_file = \"cert.pem\"", "tls_cert_file: is of no use without `tls`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
