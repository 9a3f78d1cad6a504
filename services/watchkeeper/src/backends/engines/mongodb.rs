//! MongoDB.

use super::Rollups;
use crate::backends::client::{Caller, Client};
use std::sync::Arc;
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_config::Section;
use watchkeeper_ports::PortError;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::backends) struct Mongodb(MongoOptions);

impl Client for Mongodb {
    type Opened = Rollups;

    fn read(section: &mut Section<'_>) -> Self {
        Self(MongoOptions::read(section))
    }

    fn check(&self, url: &str, _: &str) -> Result<(), PortError> {
        MongoRollups::new(&self.at(url)).map(drop)
    }

    fn place(&self, url: &str) -> Option<String> {
        self.at(url).address().map(|address| format!("MongoDB at {address}"))
    }

    fn open(&self, url: &str, _: Caller<'_>) -> anyhow::Result<Rollups> {
        Ok(Arc::new(MongoRollups::new(&self.at(url))?))
    }
}

impl Mongodb {
    fn at(&self, url: &str) -> MongoOptions {
        MongoOptions { url: url.to_owned(), ..self.0.clone() }
    }
}
