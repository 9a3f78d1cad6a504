//! Scopes of addresses, and where redirects may lead.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The scope in which an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The internet.
    Public,
    /// A private network: RFC 1918, RFC 6598, unique local addresses of IPv6.
    Private,
    /// A single link; clouds serve instance metadata there.
    Link,
    /// This host.
    Host,
    /// No single host: unspecified, multicast, broadcast, reserved.
    Nobody,
}

/// Addresses of cloud metadata services, besides 169.254.169.254, which is link-local: Alibaba, Oracle, AWS, Google.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
];

impl Reach {
    /// Of an address; an IPv6 address that embeds an IPv4 address has the scope of the latter.
    pub(super) fn of(address: IpAddr) -> Self {
        if METADATA.contains(&address) {
            return Self::Link;
        }
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => embedded(address).map_or_else(|| Self::of_v6(address), Self::of_v4),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [0 | 224..=255, ..] => Self::Nobody,
            [127, ..] => Self::Host,
            [169, 254, ..] => Self::Link,
            [10, ..] | [172, 16..32, ..] | [192, 168, ..] | [100, 64..128, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Host,
            [0xff00..=0xffff, ..] | [0, 0, 0, 0, 0, 0, 0, 0] => Self::Nobody,
            [0xfe80..0xfec0, ..] => Self::Link,
            // Includes site-local addresses (RFC 3879), which are no longer assigned.
            [0xfc00..0xfe00 | 0xfec0..0xff00, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    /// Whether a server in this scope may redirect the probe to `there`: anywhere on the internet, and within its own
    /// scope. Otherwise a stranger could make this host query what only it or its own network can reach.
    pub(super) fn may_lead_to(self, there: Self) -> bool {
        match there {
            Self::Public => true,
            Self::Private => matches!(self, Self::Private | Self::Host),
            Self::Link | Self::Host => self == there,
            Self::Nobody => false,
        }
    }

    /// The scope of a name with several addresses: the least trusted one.
    pub(super) fn least_trusted(self, other: Self) -> Self {
        let distance = |reach| match reach {
            Self::Nobody => 0,
            Self::Public => 1,
            Self::Private => 2,
            Self::Link => 3,
            Self::Host => 4,
        };
        if distance(other) < distance(self) { other } else { self }
    }
}

/// `a loopback address`.
impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Private => "an address of a private network",
            Self::Link => "a link-local or cloud metadata address",
            Self::Host => "a loopback address",
            Self::Nobody => "a reserved address",
        })
    }
}

/// The IPv4 address embedded in an IPv6 address: mapped (RFC 4291, 2.5.5.2) or compatible (2.5.5.1), behind NAT64
/// (RFC 6052), or of 6to4 (RFC 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(address: &str) -> Reach {
        Reach::of(address.parse().unwrap())
    }

    #[test]
    fn every_kind_of_address_is_told_apart() {
        for (expected, addresses) in [
            (Reach::Public, &["192.0.2.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1"][..]),
            (Reach::Private, &["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1"]),
            (Reach::Private, &["fc00::1", "fdff::1", "fec0::1"]),
            (Reach::Link, &["169.254.169.254", "169.254.0.1", "fe80::1", "febf::1"]),
            (Reach::Link, &["100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"]),
            (Reach::Host, &["127.0.0.1", "127.255.255.255", "::1"]),
            (Reach::Nobody, &["0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1"]),
            (Reach::Nobody, &["::", "ff02::1"]),
        ] {
            for address in addresses {
                assert_eq!(reach(address), expected, "{address}");
            }
        }
    }

    #[test]
    fn an_address_in_the_clothes_of_another_family_is_what_it_stands_for() {
        for (address, expected) in [
            ("::ffff:127.0.0.1", Reach::Host),
            ("::127.0.0.1", Reach::Host),
            ("64:ff9b::7f00:1", Reach::Host),
            ("2002:7f00:1::", Reach::Host),
            ("::ffff:169.254.169.254", Reach::Link),
            ("::ffff:10.0.0.1", Reach::Private),
            ("::ffff:0.0.0.0", Reach::Nobody),
            ("::ffff:192.0.2.1", Reach::Public),
        ] {
            assert_eq!(reach(address), expected, "{address}");
        }
    }

    #[test]
    fn a_redirect_leads_to_the_internet_or_to_where_it_came_from() {
        use Reach::{Host, Link, Nobody, Private, Public};
        let reachable = |from: Reach| {
            [Public, Private, Link, Host, Nobody]
                .into_iter()
                .filter(|to| from.may_lead_to(*to))
                .collect::<Vec<_>>()
        };
        assert_eq!(reachable(Public), [Public]);
        assert_eq!(reachable(Private), [Public, Private]);
        assert_eq!(reachable(Link), [Public, Link]);
        assert_eq!(reachable(Host), [Public, Private, Host]);
    }

    #[test]
    fn a_name_is_trusted_as_little_as_its_least_trusted_address() {
        assert_eq!(Reach::Host.least_trusted(Reach::Public), Reach::Public);
        assert_eq!(Reach::Private.least_trusted(Reach::Host), Reach::Private);
        assert_eq!(Reach::Host.least_trusted(Reach::Host), Reach::Host);
    }
}
