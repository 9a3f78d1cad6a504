//! The whole configuration: one file, one section per role.

use crate::backends::Backends;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::str::FromStr;
use watchkeeper_api::ApiConfig;
use watchkeeper_cache::CacheConfig;
use watchkeeper_collector::CollectorConfig;
use watchkeeper_ingest::IngestConfig;
use watchkeeper_persister::PersisterConfig;
use watchkeeper_runtime::config::{self, ConfigErrors, Document, Section};
use watchkeeper_runtime::http::{Access, Tokens, can_be_reached};
use watchkeeper_runtime::telemetry::LogLevel;

const DEFAULT_HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8460);
const DEFAULT_GRPC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8461);

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) log_level: LogLevel,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) backends: Backends,
    pub(crate) tokens: Tokens,
    pub(crate) collector: CollectorConfig,
    pub(crate) ingest: IngestConfig,
    pub(crate) cache: CacheConfig,
    pub(crate) persister: PersisterConfig,
    pub(crate) api: ApiConfig,
}

impl Config {
    /// Reads a file, or takes every default if there is none.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Ok(match file {
            Some(file) => config::load(file, Self::read)?,
            None => Document::empty().read(Self::read)?,
        })
    }

    /// Reads a file that may be for another machine: the files of secrets stay closed.
    pub(crate) fn check(file: &Path) -> Result<(), ConfigErrors> {
        config::check(file, Self::read).map(drop)
    }

    /// The names of the sections in which the two differ.
    pub(crate) fn sections_that_differ(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("log", self.log_level != other.log_level),
            ("http", self.http != other.http),
            ("grpc", self.grpc != other.grpc),
            ("backends", self.backends != other.backends),
            ("token", self.tokens != other.tokens),
            ("collector", self.collector != other.collector),
            ("ingest", self.ingest != other.ingest),
            ("cache", self.cache != other.cache),
            ("persister", self.persister != other.persister),
            ("api", self.api != other.api),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    fn read(root: &mut Section<'_>) -> Self {
        let tokens = Tokens::read(root);
        let is_open = Access::new(tokens.clone()).is_open();
        let listen = |section: &mut Section<'_>| {
            let address = section.parsed("listen").map(|Address(address)| address);
            if is_open && address.is_some_and(can_be_reached) {
                section.refuse("listen", "can be reached by other hosts, which takes at least one [[token]]");
            }
            address
        };
        let http = root.section("http", listen).unwrap_or(DEFAULT_HTTP);
        let grpc = root.section("grpc", |section| {
            let grpc = listen(section).unwrap_or(DEFAULT_GRPC);
            if grpc == http && grpc.port() != 0 {
                section.refuse("listen", "must not be the same as http.listen");
            }
            grpc
        });
        Self {
            log_level: root.section("log", |log| log.parsed("level")).unwrap_or_default(),
            http,
            grpc,
            backends: root.section("backends", Backends::read),
            tokens,
            collector: root.section("collector", CollectorConfig::read),
            ingest: root.section("ingest", IngestConfig::read),
            cache: root.section("cache", CacheConfig::read),
            persister: root.section("persister", PersisterConfig::read),
            api: root.section("api", ApiConfig::read),
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

    #[test]
    fn the_example_says_what_the_defaults_are() {
        let example = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/watchkeeper.toml"));
        let (example, default) = (Config::load(Some(example)).unwrap(), Config::load(None).unwrap());
        assert_eq!(example, default);
    }
}
