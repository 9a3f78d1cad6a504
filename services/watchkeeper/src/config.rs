//! The whole configuration: one file, one section per role.

use crate::backends::Backends;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use watchkeeper_api::ApiConfig;
use watchkeeper_cache::CacheConfig;
use watchkeeper_collector::CollectorConfig;
use watchkeeper_ingest::IngestConfig;
use watchkeeper_persister::PersisterConfig;
use watchkeeper_runtime::config::{self, Document, Section};
use watchkeeper_runtime::http::Tokens;
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

    fn read(root: &mut Section<'_>) -> Self {
        Self {
            log_level: root.section("log", |log| log.parsed("level")).unwrap_or_default(),
            http: root.section("http", |http| http.parsed("listen")).unwrap_or(DEFAULT_HTTP),
            grpc: root.section("grpc", |grpc| grpc.parsed("listen")).unwrap_or(DEFAULT_GRPC),
            backends: root.section("backends", Backends::read),
            tokens: Tokens::read(root),
            collector: root.section("collector", CollectorConfig::read),
            ingest: root.section("ingest", IngestConfig::read),
            cache: root.section("cache", CacheConfig::read),
            persister: root.section("persister", PersisterConfig::read),
            api: root.section("api", ApiConfig::read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_what_the_defaults_are() {
        let example = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/watchkeeper.toml"));
        let (example, default) = (Config::load(Some(example)).unwrap(), Config::load(None).unwrap());
        // What has no default to show: where the data is, who has a token, a source of its own time to live.
        let CacheConfig { ttl } = example.cache.clone();
        let ttl = watchkeeper_ports::TtlPolicy { by_source: default.cache.ttl.by_source.clone(), ..ttl };
        let shown = Config {
            backends: Backends::default(),
            tokens: Tokens::default(),
            cache: CacheConfig { ttl },
            ..example
        };
        assert_eq!(shown, default);
    }
}
