//! Redis.

use crate::backends::cache::Caches;
use crate::backends::client::{Caller, Client};
use std::sync::Arc;
use watchkeeper_adapter_redis::{RedisCache, RedisOptions};
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::backends) struct Redis(RedisOptions);

impl Client for Redis {
    type Opened = Caches;

    fn read(section: &mut Section<'_>) -> Self {
        Self(RedisOptions::read(section))
    }

    fn check(&self, url: &str, _: &str) -> Result<(), PortError> {
        RedisCache::new(&self.at(url)).map(drop)
    }

    fn place(&self, url: &str) -> Option<String> {
        self.at(url).address().map(|address| format!("Redis at {address}"))
    }

    fn open(&self, url: &str, _: Caller<'_>) -> anyhow::Result<Caches> {
        let cache = Arc::new(RedisCache::new(&self.at(url))?);
        Ok(Caches { latest: cache.clone(), answers: cache })
    }
}

impl Redis {
    fn at(&self, url: &str) -> RedisOptions {
        RedisOptions { url: url.to_owned(), ..self.0.clone() }
    }
}
