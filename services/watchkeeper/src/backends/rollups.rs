//! The store of rollups: embedded, or MongoDB.

use super::client::{Caller, Client as _};
use super::engines::Mongodb;
use super::location::{Engine, Found, Location};
use super::url::with_scheme;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_adapter_embedded::EmbeddedRollups;
use watchkeeper_config::Section;
use watchkeeper_ports::RollupStore;

/// MongoDB, as a backend of rollups.
pub(super) const MONGODB: Engine = Engine {
    built_in: Mongodb::BUILT_IN,
    address: |url| with_scheme(url, &["mongodb"]),
    expected: "must be embedded:DIR with an absolute path, or mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE]",
};

/// The backend of rollups.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RollupsBackend {
    /// Defaults to the directory of the store.
    pub(super) location: Location,
    pub(super) mongodb: Mongodb,
}

impl RollupsBackend {
    /// Reads the key `rollups` and the section `mongodb`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let location = MONGODB.read(section, "rollups", "rollups_file");
        Self { location, mongodb: section.section("mongodb", Mongodb::read) }
    }

    pub(super) fn open(&self, store_dir: &Path, caller: Caller<'_>) -> anyhow::Result<Arc<dyn RollupStore>> {
        match self.location.find(store_dir) {
            Found::Directory(dir) => Ok(Arc::new(EmbeddedRollups::open(dir)?)),
            Found::Engine(url) => self.mongodb.open(url, caller),
        }
    }
}
