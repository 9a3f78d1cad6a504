//! Network traffic by interface.

use super::config::HostConfig;
use super::part::Part;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use std::ffi::OsStr;
use sysinfo::{Error, Networks};

/// Most interfaces per collection; the rest is skipped.
pub const MAX_INTERFACES: usize = 256;

/// The loopback interface, and a file of the bonding driver in the directory of interfaces.
const NOT_A_NETWORK: [&str; 2] = ["lo", "bonding_masters"];
/// The host's ends of container links. Their names are random: each start of a container would create new series.
const CABLE_END: &str = "veth";

/// `network_received` and `network_transmitted`, with the label `interface`.
pub(super) struct Network {
    networks: Networks,
    exclude: Vec<Pattern>,
}

impl Part for Network {
    const NAME: &'static str = "host/network";

    fn open(config: &HostConfig) -> Result<Self, Error> {
        Ok(Self { networks: Networks::new()?, exclude: config.exclude_interfaces.clone() })
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), Error> {
        self.networks.refresh(true);
        let names = self.networks.keys().filter_map(|name| name.to_str());
        for name in worth_telling(names, &self.exclude) {
            let network = &self.networks[OsStr::new(name)];
            let labels = [("interface", name)];
            readings.add_count("network_received", "bytes", &labels, network.total_received());
            readings.add_count("network_transmitted", "bytes", &labels, network.total_transmitted());
        }
        Ok(())
    }
}

/// The external interfaces, by name.
fn worth_telling<'a>(names: impl Iterator<Item = &'a str>, exclude: &[Pattern]) -> Vec<&'a str> {
    let excluded = |name: &str| {
        NOT_A_NETWORK.contains(&name)
            || name.starts_with(CABLE_END)
            || exclude.iter().any(|pattern| pattern.matches(name))
    };
    let mut kept: Vec<_> = names.filter(|name| !excluded(name)).collect();
    kept.sort_unstable();
    kept.truncate(MAX_INTERFACES);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_interfaces_to_the_world_are_told_of() {
        let names = ["lo", "eth0", "bonding_masters", "veth1a2b", "wg0", "bond0", "br-1"];
        let exclude = ["br-*".parse().unwrap()];
        assert_eq!(worth_telling(names.into_iter(), &exclude), ["bond0", "eth0", "wg0"]);
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let names: Vec<String> = (0..=MAX_INTERFACES).map(|n| format!("eth{n}")).collect();
        let told = worth_telling(names.iter().map(String::as_str), &[]);
        assert_eq!(told.len(), MAX_INTERFACES);
    }
}
