//! All sources together.

use super::github::Github;
use super::moex::Moex;
use super::openweather::OpenWeather;
use super::scrape::Scrape;
use super::uptime::Uptime;
use crate::config::CollectorConfig;
use crate::definition::{Definition, Kind};
use crate::target::{Sources, Target};
use prometheus::Registry;
use std::sync::Arc;

/// What the targets of each source share: limits, quotas, metrics.
pub(crate) struct AllSources {
    github: Github,
    openweather: OpenWeather,
    moex: Moex,
    uptime: Uptime,
    scrape: Scrape,
}

impl AllSources {
    /// Adds the metrics of individual sources to `registry`.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        Ok(Self {
            github: Github::register(registry)?,
            openweather: OpenWeather::default(),
            moex: Moex::register(registry)?,
            uptime: Uptime::register(registry)?,
            scrape: Scrape::default(),
        })
    }
}

impl Sources for AllSources {
    type Config = CollectorConfig;
    type Definition = Definition;

    fn definitions(&mut self, config: &CollectorConfig) -> Vec<(Arc<str>, Definition)> {
        self.uptime.prepare(&config.uptime);
        config.definitions().into_iter().map(|definition| (definition.name().into(), definition)).collect()
    }

    fn open(&mut self, definition: &Definition) -> Box<dyn Target> {
        let old_names = definition.old_names;
        match &definition.kind {
            Kind::Host(config) => config.target(),
            Kind::Github(config, repository) => Box::new(self.github.target(config, repository, old_names)),
            Kind::OpenWeather(config, city) => Box::new(self.openweather.target(config, city, old_names)),
            Kind::Moex(config) => Box::new(self.moex.target(config)),
            Kind::Uptime(config) => Box::new(self.uptime.target(config, old_names)),
            Kind::Scrape(config) => Box::new(self.scrape.target(config)),
        }
    }
}
