//! The listen addresses.

use crate::instance::Instance;
use crate::role::{FRONT, ROLES, Role};
use anyhow::Error;
use axum::http::Uri;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use watchkeeper_config::Section;
use watchkeeper_runtime::http::can_be_reached;

/// The listen addresses. `up`, and the api in its own process, use `http` and `grpc`. Every other role that runs in its
/// own process has its own address, at least for `/metrics`, `/livez` and `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    /// Keyed by the keys of `[listen]`.
    others: BTreeMap<&'static str, SocketAddr>,
}

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

impl Listen {
    /// Reads the sections `[http]`, `[grpc]` and `[listen]`. Without tokens (`is_open`), addresses that other hosts
    /// can reach are refused.
    pub(crate) fn read(root: &mut Section<'_>, is_open: bool) -> Self {
        let read = |section: &mut Section<'_>, key, default| {
            let address = section.parsed(key).map(|Address(address)| address);
            if is_open && address.is_some_and(can_be_reached) {
                section.refuse(key, "can be reached by other hosts, which requires at least one [[token]]");
            }
            address.unwrap_or(loopback(default))
        };
        let read_grpc = |section: &mut Section<'_>, key, default, http: SocketAddr, http_key: &str| {
            let grpc = read(section, key, default);
            if grpc == http && grpc.port() != 0 {
                section.refuse(key, format!("must not be the same as {http_key}"));
            }
            grpc
        };
        let http = root.section("http", |section| read(section, "listen", FRONT.http_port));
        let front_grpc = FRONT.grpc.map_or(0, |grpc| grpc.port);
        let grpc =
            root.section("grpc", |section| read_grpc(section, "listen", front_grpc, http, "http.listen"));
        let others = root.section("listen", |section| {
            let mut others = BTreeMap::new();
            for role in ROLES.iter().filter(|role| role.name != FRONT.name) {
                let http = read(section, role.name, role.http_port);
                others.insert(role.name, http);
                if let Some(grpc) = role.grpc {
                    let key = format!("listen.{role}");
                    others.insert(grpc.key, read_grpc(section, grpc.key, grpc.port, http, &key));
                }
            }
            others
        });
        Self { http, grpc, others }
    }

    /// The HTTP address of a role in its own process, with its configuration key, which has the address of the first
    /// instance.
    ///
    /// # Errors
    /// If the port would be too high.
    pub(crate) fn http_of(&self, instance: Instance) -> anyhow::Result<(String, SocketAddr)> {
        let Instance { role, .. } = instance;
        let first = if role.name == FRONT.name {
            ("http.listen".to_owned(), self.http)
        } else {
            self.other(role.name)
        };
        at_instance(first, instance)
    }

    /// The same for gRPC, if the role serves that.
    ///
    /// # Errors
    /// If the port would be too high.
    pub(crate) fn grpc_of(&self, instance: Instance) -> anyhow::Result<Option<(String, SocketAddr)>> {
        self.first_grpc_of(instance.role).map(|first| at_instance(first, instance)).transpose()
    }

    fn first_grpc_of(&self, role: Role) -> Option<(String, SocketAddr)> {
        let grpc = role.grpc?;
        let is_front = role.name == FRONT.name;
        Some(if is_front { ("grpc.listen".to_owned(), self.grpc) } else { self.other(grpc.key) })
    }

    fn other(&self, key: &str) -> (String, SocketAddr) {
        (format!("listen.{key}"), self.others[key])
    }

    /// The client name of a process that listens on the HTTP address of `instance`. A port that is not the default one of
    /// that instance is appended: it tells two processes of one name on one host apart, and stays the same over restarts.
    ///
    /// # Errors
    /// If the port would be too high.
    pub(crate) fn process_name(&self, process: &str, instance: Instance) -> anyhow::Result<String> {
        let (_, address) = self.http_of(instance)?;
        let (port, default) = (address.port(), instance.port(instance.role.http_port));
        let is_usual = port == 0 || Some(port) == default;
        Ok(if is_usual { process.to_owned() } else { format!("{process}-{port}") })
    }

    /// The gRPC URL of the first instance of each role for processes on the same host; roles on an ephemeral port are
    /// omitted.
    pub(crate) fn peers(&self) -> BTreeMap<&'static str, Uri> {
        let peer = |role: &Role| Some((role.name, url_on_this_host(self.first_grpc_of(role)?.1)?));
        ROLES.iter().filter_map(peer).collect()
    }
}

fn at_instance(
    (key, first): (String, SocketAddr),
    instance: Instance,
) -> anyhow::Result<(String, SocketAddr)> {
    let address = instance.address(&key, first).map_err(Error::msg)?;
    Ok((key, address))
}

/// The URL of a listener for processes on the same host; `None` if the port is ephemeral.
fn url_on_this_host(address: SocketAddr) -> Option<Uri> {
    let url = format!("http://{}", on_this_host(address));
    url.parse().ok().filter(|_| address.port() != 0)
}

/// A listen address.
struct Address(SocketAddr);

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        address(text).map(Self)
    }
}

/// An address, or a port of the loopback address, which may be called localhost.
pub(crate) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    let on_loopback = || port.parse().map(loopback);
    let address = text.parse().or_else(|_| on_loopback());
    address.map_err(|_| "must be IP:PORT or a port, such as 127.0.0.1:8460, [::1]:8460 or 8460")
}

/// The address at which a client on this host reaches a listener.
pub(crate) fn on_this_host(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::InstanceParser;
    use clap::builder::TypedValueParser as _;
    use watchkeeper_config::Document;

    #[test]
    fn a_listen_address_may_be_a_port_or_localhost() {
        for (text, expected) in [
            ("8460", "127.0.0.1:8460"),
            ("localhost:8460", "127.0.0.1:8460"),
            ("[::1]:0", "[::1]:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Ok(expected));
        }
        for text in ["", "localhost", "host:80", "99999", ":80"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    fn read(text: &str) -> Result<Listen, String> {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|root| Listen::read(root, false)).map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_api_is_asked_where_it_listens_and_on_loopback_if_that_is_everywhere() {
        let api = |listen: &str| {
            let listen = read(&format!("[grpc]\nlisten = {listen:?}")).unwrap();
            listen.peers().remove(watchkeeper_api::ROLE.name)
        };
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
        let named = |text: &str, process: &str, instance: Instance| {
            read(text).unwrap().process_name(process, instance).unwrap()
        };
        let name = |text: &str, role: Role| named(text, role.name, role.into());
        for role in ROLES {
            assert_eq!(name("", role), role.name);
        }
        for (text, expected) in [("", "cache-2"), ("[listen]\ncache = \"9001\"", "cache-2-9101")] {
            let second = instance("cache-2");
            assert_eq!(named(text, &second.to_string(), second), expected);
        }
        assert_eq!(
            name("[listen]\npersister = \"127.0.0.1:9001\"", &watchkeeper_persister::ROLE),
            "persister-9001"
        );
        assert_eq!(name("[listen]\npersister = \"127.0.0.1:9001\"", &watchkeeper_cache::ROLE), "cache");
        assert_eq!(name("[listen]\npersister = \"127.0.0.1:0\"", &watchkeeper_persister::ROLE), "persister");
        assert_eq!(named("[http]\nlisten = \"[::1]:9000\"", "up", FRONT.into()), "up-9000");
    }

    #[test]
    fn a_further_instance_listens_above_what_is_configured_and_its_peers_find_the_first() {
        let listen = read("[listen]\ncache = \"[::1]:9001\"\ncache_grpc = \"127.0.0.1:65500\"").unwrap();
        let http = |name: &str| listen.http_of(instance(name)).unwrap().1.to_string();
        assert_eq!((http("cache"), http("cache-3")), ("[::1]:9001".to_owned(), "[::1]:9201".to_owned()));
        let refused = listen.grpc_of(instance("cache-3")).unwrap_err().to_string();
        assert!(refused.contains("set `listen.cache_grpc` to a port up to 65335"), "{refused}");
        let (_, api) = read("").unwrap().grpc_of(instance("api-2")).unwrap().unwrap();
        assert_eq!(api.to_string(), "127.0.0.1:8561");
        let cache = listen.peers().remove(watchkeeper_cache::ROLE.name).unwrap();
        assert_eq!(cache.to_string(), "http://127.0.0.1:65500/");
    }

    fn instance(name: &str) -> Instance {
        let command = clap::Command::new("watchkeeper");
        InstanceParser.parse_ref(&command, None, name.as_ref()).unwrap()
    }

    #[test]
    fn two_listeners_of_one_process_at_one_address_are_refused() {
        let refused = read("[listen]\ncache = \"127.0.0.1:9\"\ncache_grpc = \"127.0.0.1:9\"").unwrap_err();
        assert!(refused.contains("listen.cache_grpc: must not be the same as listen.cache"), "{refused}");
        let refused = read("[grpc]\nlisten = \"127.0.0.1:8460\"").unwrap_err();
        assert!(refused.contains("grpc.listen: must not be the same as http.listen"), "{refused}");
    }
}
