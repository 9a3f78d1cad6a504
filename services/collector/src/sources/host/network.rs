//! Network traffic by interface.

use super::config::HostConfig;
use super::files::{Roots, label, lines, number, read, required, words};
use super::part::Part;
use super::rate::Rates;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use crate::target::CollectError;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Instant;

/// Most interfaces per collection; the rest is skipped.
pub const MAX_INTERFACES: usize = 256;

const LOOPBACK: &[u8] = b"lo";
/// The host's ends of container links. Their names are random: each start of a container would create new series.
const CABLE_END: &[u8] = b"veth";

/// `network_*`, with the label `interface`.
pub(super) struct Network {
    roots: Roots,
    exclude: Vec<Pattern>,
    rates: Rates,
}

/// A line of `/proc/net/dev`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interface {
    name: Vec<u8>,
    label: String,
    received: Traffic,
    transmitted: Traffic,
}

/// Since the interface was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Traffic {
    bytes: u64,
    packets: u64,
    errors: u64,
    dropped: u64,
}

impl Part for Network {
    const NAME: &'static str = "host/network";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let exclude = config.exclude_interfaces.clone();
        Ok(Self { roots: config.roots.clone(), exclude, rates: Rates::default() })
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        let dev = required(&self.roots.proc.join("net/dev"))?;
        self.rates.begin(now);
        for interface in worth_telling(&dev, &self.exclude) {
            let is_up = self.is_up(&interface);
            if is_up != Some(true) && interface.has_never_been_used() {
                continue;
            }
            self.tell(&interface, is_up, readings);
        }
        Ok(())
    }
}

impl Network {
    /// Whether the link is up; `None` if the interface has gone meanwhile. Interfaces without a link state (tunnels) are
    /// `unknown`: up, if they were ever used.
    fn is_up(&self, interface: &Interface) -> Option<bool> {
        let directory = self.roots.sys.join("class/net").join(OsStr::from_bytes(&interface.name));
        let state = read(&directory.join("operstate")).ok()?;
        match state.trim_ascii() {
            b"unknown" => Some(!interface.has_never_been_used()),
            state => Some(state == b"up"),
        }
    }

    fn tell(&mut self, interface: &Interface, is_up: Option<bool>, readings: &mut Readings) {
        let Interface { label, received, transmitted, .. } = interface;
        let labels = [("interface", label.as_str())];
        if let Some(is_up) = is_up {
            readings.add_count("network_up", "", &labels, is_up.into());
        }
        readings.add_count("network_received", "bytes", &labels, received.bytes);
        readings.add_count("network_transmitted", "bytes", &labels, transmitted.bytes);
        let both = |of: fn(&Traffic) -> u64| of(received).saturating_add(of(transmitted));
        for (name, unit, count) in [
            ("network_received_rate", "bytes/s", received.bytes),
            ("network_transmitted_rate", "bytes/s", transmitted.bytes),
            ("network_received_packets_rate", "packets/s", received.packets),
            ("network_transmitted_packets_rate", "packets/s", transmitted.packets),
            ("network_errors_rate", "packets/s", both(|traffic| traffic.errors)),
            ("network_dropped_rate", "packets/s", both(|traffic| traffic.dropped)),
        ] {
            if let Some(rate) = self.rates.per_second(format!("{label} {name}"), count) {
                readings.add(name, unit, &labels, rate);
            }
        }
    }
}

impl Interface {
    /// `  eth0: 638862253 38044 0 0 0 0 0 0 3217729 29613 0 0 0 0 0 0`; the counters may follow the colon at once.
    fn parse(line: &[u8]) -> Option<Self> {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = line[..colon].trim_ascii();
        let counts: Vec<u64> = words(&line[colon + 1..]).map_while(number).collect();
        let traffic = |counts: &[u64]| Traffic {
            bytes: counts[0],
            packets: counts[1],
            errors: counts[2],
            dropped: counts[3],
        };
        (counts.len() >= 12 && !name.is_empty()).then(|| Self {
            name: name.to_owned(),
            label: label(name),
            received: traffic(&counts[..4]),
            transmitted: traffic(&counts[8..12]),
        })
    }

    fn has_never_been_used(&self) -> bool {
        self.received == Traffic::default() && self.transmitted == Traffic::default()
    }
}

/// The external interfaces, by name.
fn worth_telling(dev: &[u8], exclude: &[Pattern]) -> Vec<Interface> {
    let excluded = |interface: &Interface| {
        interface.name == LOOPBACK
            || interface.name.starts_with(CABLE_END)
            || exclude.iter().any(|pattern| pattern.matches(&interface.label))
    };
    let mut kept: Vec<_> = lines(dev).filter_map(Interface::parse).filter(|it| !excluded(it)).collect();
    kept.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    kept.truncate(MAX_INTERFACES);
    kept
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";

    fn dev(lines: &[(&str, u64)]) -> String {
        let line = |&(name, n): &(&str, u64)| {
            format!("{name}: {n} {} {n} 0 0 0 0 0 {} 0 0 {n} 0 0 0 0\n", n / 10, n * 2)
        };
        lines.iter().map(line).fold(HEAD.to_owned(), |all, line| all + &line)
    }

    fn names(dev: &[u8], exclude: &[&str]) -> Vec<String> {
        let exclude: Vec<Pattern> = exclude.iter().map(|text| text.parse().unwrap()).collect();
        worth_telling(dev, &exclude).into_iter().map(|interface| interface.label).collect()
    }

    #[test]
    fn only_interfaces_to_the_world_are_told_of() {
        let all = dev(&[("lo", 1), ("eth0", 1), ("veth1a2b", 1), ("wg0", 1), ("  bond0", 1), ("br-1", 1)]);
        assert_eq!(names(all.as_bytes(), &["br-*"]), ["bond0", "eth0", "wg0"]);
    }

    #[test]
    fn a_line_that_cannot_be_read_costs_only_itself() {
        let mut odd = dev(&[("eth0", 1)]).into_bytes();
        odd.extend(
            b"eth1: 1 2 3\neth2 no colon\n: 1 1 1 1 1 1 1 1 1 1 1 1\neth\xe9:1 1 1 1 1 1 1 1 1 1 1 1\n",
        );
        assert_eq!(names(&odd, &[]), ["eth0", r"eth\xe9"]);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let all: Vec<String> = (0..=MAX_INTERFACES).map(|n| format!("eth{n}")).collect();
        let all: Vec<(&str, u64)> = all.iter().map(|name| (name.as_str(), 1)).collect();
        assert_eq!(names(dev(&all).as_bytes(), &[]).len(), MAX_INTERFACES);
    }

    #[test]
    fn an_interface_has_rates_from_the_second_reading_on() {
        let host = Fixture::new(&[
            ("proc/net/dev", &dev(&[("eth0", 1_000)])),
            ("sys/class/net/eth0/operstate", "up\n"),
        ]);
        let mut network = host.open::<Network>();
        assert_eq!(
            shown(&network.read()),
            [
                r#"network_received{interface="eth0"} 1000 bytes"#,
                r#"network_transmitted{interface="eth0"} 2000 bytes"#,
                r#"network_up{interface="eth0"} 1"#
            ]
        );
        host.write("proc/net/dev", dev(&[("eth0", 2_000), ("eth1", 9_000_000)]).as_bytes());
        host.write("sys/class/net/eth0/operstate", b"down\n");
        assert_eq!(
            shown(&network.read()),
            [
                r#"network_dropped_rate{interface="eth0"} 100 packets/s"#,
                r#"network_errors_rate{interface="eth0"} 100 packets/s"#,
                r#"network_received_packets_rate{interface="eth0"} 10 packets/s"#,
                r#"network_received_rate{interface="eth0"} 100 bytes/s"#,
                r#"network_received{interface="eth0"} 2000 bytes"#,
                r#"network_received{interface="eth1"} 9000000 bytes"#,
                r#"network_transmitted_packets_rate{interface="eth0"} 0 packets/s"#,
                r#"network_transmitted_rate{interface="eth0"} 200 bytes/s"#,
                r#"network_transmitted{interface="eth0"} 4000 bytes"#,
                r#"network_transmitted{interface="eth1"} 18000000 bytes"#,
                r#"network_up{interface="eth0"} 0"#
            ],
            "a new interface has none yet, and one whose directory has gone has no state"
        );
    }

    #[test]
    fn an_interface_that_was_never_up_has_no_series() {
        let host = Fixture::new(&[
            ("proc/net/dev", &dev(&[("eth0", 0), ("dummy0", 0), ("ifb0", 0), ("ifb1", 0)])),
            ("sys/class/net/dummy0/operstate", "unknown\n"),
            ("sys/class/net/eth0/operstate", "up\n"),
            ("sys/class/net/ifb0/operstate", "down\n"),
        ]);
        let interfaces = shown(&host.read::<Network>());
        assert!(interfaces.iter().all(|series| series.contains("eth0")), "{interfaces:?}");
        assert_eq!(interfaces.len(), 3);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_a_good_line_among_them_is_found(
            before in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            let mut all = before;
            all.extend(b"\neth0: 1 1 1 1 1 1 1 1 1 1 1 1\n");
            prop_assert!(names(&all, &[]).contains(&"eth0".to_owned()));
        }
    }
}
