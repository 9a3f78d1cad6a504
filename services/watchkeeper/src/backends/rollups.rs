//! The store of rollups: embedded, or MongoDB.

use super::place::{Engine, Found, Place};
use super::url::with_scheme;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::EmbeddedRollups;
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_config::Section;
use watchkeeper_ports::{PortError, RollupStore};

/// Longest name of a database, in bytes.
const MAX_DATABASE_BYTES: usize = 63;
/// Longest prefix of collections, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// How long finding the server, or an answer, may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(10), Duration::from_millis(100)..=Duration::from_secs(60));

/// What can be in the place of the embedded store of rollups.
pub(super) const MONGODB: Engine = Engine {
    address: |url| with_scheme(url, &["mongodb"]),
    expected: "must be embedded:DIR with an absolute path, or mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE]",
};

/// Where rollups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RollupsBackend {
    /// If nothing is said, where the store is.
    pub(super) place: Place,
    mongodb: MongoOptions,
}

impl RollupsBackend {
    /// Reads the key `rollups` and the section `mongodb`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = MONGODB.read(section, "rollups", "rollups_file");
        let mongodb = section.section("mongodb", |mongodb| MongoOptions {
            url: String::new(),
            database: mongodb.optional_text("database", MAX_DATABASE_BYTES),
            prefix: mongodb.optional_text("prefix", MAX_PREFIX_BYTES).unwrap_or_default(),
            timeout: mongodb.duration("timeout", TIMEOUT.1, TIMEOUT.0),
        });
        Self { place, mongodb }
    }

    pub(super) fn open(&self, store_dir: &Path) -> Result<Arc<dyn RollupStore>, PortError> {
        match self.place.find(store_dir) {
            Found::Directory(dir) => Ok(Arc::new(EmbeddedRollups::open(dir)?)),
            Found::Engine(url) => Ok(Arc::new(MongoRollups::new(&self.at(url))?)),
        }
    }

    /// MongoDB at this URL.
    pub(super) fn at(&self, url: &str) -> MongoOptions {
        MongoOptions { url: url.to_owned(), ..self.mongodb.clone() }
    }
}
