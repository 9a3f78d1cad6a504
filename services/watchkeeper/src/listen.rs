//! Where the roles listen, each in a process of its own.

use crate::role::Role;
use axum::http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use watchkeeper_config::Section;
use watchkeeper_runtime::http::can_be_reached;

/// Where to listen: with `up` at `http` and `grpc`, where the api does too in a process of its own; the other
/// roles in theirs each at an address of its own, for `/metrics`, `/livez` and `/readyz` at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    cache_grpc: SocketAddr,
    collector: SocketAddr,
    ingest: SocketAddr,
    cache: SocketAddr,
    persister: SocketAddr,
    analytics: SocketAddr,
    notifier: SocketAddr,
    console: SocketAddr,
}

/// At which port a role listens for HTTP unless the configuration says otherwise.
const fn default_port(role: Role) -> u16 {
    match role {
        Role::Api => 8460,
        Role::Ingest => 8462,
        Role::Cache => 8463,
        Role::Persister => 8465,
        Role::Collector => 8466,
        Role::Analytics => 8467,
        Role::Notifier => 8468,
        Role::Console => 8469,
    }
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl Listen {
    /// Reads the sections `[http]`, `[grpc]` and `[listen]`. An address that other hosts can reach is refused
    /// while everybody is let in.
    pub(crate) fn read(root: &mut Section<'_>, is_open: bool) -> Self {
        let read = |section: &mut Section<'_>, key, default| {
            let address = section.parsed(key).map(|Address(address)| address);
            if is_open && address.is_some_and(can_be_reached) {
                section.refuse(key, "can be reached by other hosts, which takes at least one [[token]]");
            }
            address.unwrap_or(default)
        };
        let http = root.section("http", |section| read(section, "listen", loopback(default_port(Role::Api))));
        let grpc = root.section("grpc", |section| {
            let grpc = read(section, "listen", loopback(8461));
            if grpc == http && grpc.port() != 0 {
                section.refuse("listen", "must not be the same as http.listen");
            }
            grpc
        });
        root.section("listen", |section| {
            let cache = read(section, "cache", loopback(default_port(Role::Cache)));
            let cache_grpc = read(section, "cache_grpc", loopback(8464));
            if cache == cache_grpc && cache.port() != 0 {
                section.refuse("cache_grpc", "must not be the same as listen.cache");
            }
            let mut read = |role: Role| read(section, role.name(), loopback(default_port(role)));
            Self {
                http,
                grpc,
                ingest: read(Role::Ingest),
                cache,
                cache_grpc,
                persister: read(Role::Persister),
                collector: read(Role::Collector),
                analytics: read(Role::Analytics),
                notifier: read(Role::Notifier),
                console: read(Role::Console),
            }
        })
    }

    /// Where `role` listens for HTTP in a process of its own: the key, and the address.
    pub(crate) fn http_of(&self, role: Role) -> (&'static str, SocketAddr) {
        match role {
            Role::Api => ("http.listen", self.http),
            Role::Ingest => ("listen.ingest", self.ingest),
            Role::Cache => ("listen.cache", self.cache),
            Role::Persister => ("listen.persister", self.persister),
            Role::Collector => ("listen.collector", self.collector),
            Role::Analytics => ("listen.analytics", self.analytics),
            Role::Notifier => ("listen.notifier", self.notifier),
            Role::Console => ("listen.console", self.console),
        }
    }

    /// What engines call a process that listens for HTTP where `role` does. A port that is not the default one tells it
    /// from another `process` of that name on this host, and stays the same over restarts.
    pub(crate) fn process_name(&self, process: &str, role: Role) -> String {
        let (_, address) = self.http_of(role);
        let port = address.port();
        if port == 0 || port == default_port(role) { process.to_owned() } else { format!("{process}-{port}") }
    }

    /// Where a process on the same host asks the api over gRPC; none if its port is whichever is free.
    pub(crate) fn api(&self) -> Option<Uri> {
        let address = self.grpc;
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let url = format!("http://{}", SocketAddr::new(ip, address.port()));
        url.parse().ok().filter(|_| address.port() != 0)
    }

    /// Where it listens for gRPC, if it does.
    pub(crate) fn grpc_of(&self, role: Role) -> Option<(&'static str, SocketAddr)> {
        match role {
            Role::Api => Some(("grpc.listen", self.grpc)),
            Role::Cache => Some(("listen.cache_grpc", self.cache_grpc)),
            _ => None,
        }
    }
}

/// Where to listen.
struct Address(SocketAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse().map(Self).map_err(|_| "must be IP:PORT, such as 127.0.0.1:8460 or [::1]:8460")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;

    fn read(text: &str) -> Result<Listen, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|root| Listen::read(root, false)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_api_is_asked_where_it_listens_and_on_loopback_if_that_is_everywhere() {
        let api = |listen: &str| read(&format!("[grpc]\nlisten = {listen:?}")).unwrap().api();
        for (listen, asked) in [
            ("127.0.0.2:9000", "http://127.0.0.2:9000/"),
            ("0.0.0.0:8461", "http://127.0.0.1:8461/"),
            ("[::]:8461", "http://[::1]:8461/"),
        ] {
            assert_eq!(api(listen).unwrap().to_string(), asked);
        }
        assert_eq!(api("127.0.0.1:0"), None);
    }

    #[test]
    fn a_process_is_told_from_another_of_its_name_by_a_port_that_is_not_the_default() {
        let name = |text: &str, role: Role| read(text).unwrap().process_name(role.name(), role);
        for role in Role::ALL {
            assert_eq!(name("", role), role.name());
        }
        assert_eq!(name("[listen]\npersister = \"127.0.0.1:9001\"", Role::Persister), "persister-9001");
        assert_eq!(name("[listen]\npersister = \"127.0.0.1:9001\"", Role::Cache), "cache");
        assert_eq!(name("[listen]\npersister = \"127.0.0.1:0\"", Role::Persister), "persister");
        assert_eq!(read("[http]\nlisten = \"[::1]:9000\"").unwrap().process_name("up", Role::Api), "up-9000");
    }

    #[test]
    fn two_listeners_of_one_process_at_one_address_are_refused() {
        let refused = read("[listen]\ncache = \"127.0.0.1:9\"\ncache_grpc = \"127.0.0.1:9\"").unwrap_err();
        assert!(refused.contains("listen.cache_grpc: must not be the same as listen.cache"), "{refused}");
        let refused = read("[grpc]\nlisten = \"127.0.0.1:8460\"").unwrap_err();
        assert!(refused.contains("grpc.listen: must not be the same as http.listen"), "{refused}");
    }
}
