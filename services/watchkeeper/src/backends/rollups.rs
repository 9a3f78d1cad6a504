//! The store of rollups: embedded, or MongoDB.

use super::url;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::EmbeddedRollups;
use watchkeeper_adapter_mongodb::{MongoOptions, MongoRollups};
use watchkeeper_ports::{PortError, RollupStore};
use watchkeeper_runtime::config::Section;

/// The database, when nothing else is asked for, and the longest name of one, in bytes.
const DATABASE: (&str, usize) = ("watchkeeper", 63);
/// Longest prefix of collections, in bytes.
const MAX_PREFIX_BYTES: usize = 64;
/// How long finding the server, or an answer, may take: the default and the bounds.
const TIMEOUT: (Duration, RangeInclusive<Duration>) =
    (Duration::from_secs(10), Duration::from_millis(100)..=Duration::from_secs(60));

/// Where rollups are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RollupsBackend {
    place: Option<Place>,
    mongodb: MongoOptions,
}

impl RollupsBackend {
    /// Reads the key `rollups` and the section `mongodb`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let place = url::read(section, "rollups", "rollups_file");
        let url = match &place {
            Some(Place::Mongodb(url)) => url.clone(),
            _ => String::new(),
        };
        let mongodb = section.section("mongodb", |mongodb| MongoOptions {
            url,
            database: mongodb.text("database", DATABASE.1, DATABASE.0),
            prefix: mongodb.optional_text("prefix", MAX_PREFIX_BYTES).unwrap_or_default(),
            timeout: mongodb.duration("timeout", TIMEOUT.1, TIMEOUT.0),
        });
        Self { place, mongodb }
    }

    /// Whether several processes can use it.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.place, Some(Place::Mongodb(_)))
    }

    /// Leaves the place that was read.
    pub(super) fn forget_place(&mut self) {
        self.place = None;
    }

    /// Takes the engine at `url` for its place, if that is one of its own.
    pub(super) fn place_at(&mut self, url: &str) -> bool {
        let Ok(Place::Mongodb(url)) = url.parse() else { return false };
        self.mongodb.url.clone_from(&url);
        self.place = Some(Place::Mongodb(url));
        true
    }

    /// The directory it keeps its files in, if it is embedded: that of the store, if nothing else is said.
    pub(super) fn directory<'a>(&'a self, store_dir: &'a Path) -> Option<&'a Path> {
        match &self.place {
            None => Some(store_dir),
            Some(Place::Embedded(dir)) => Some(dir),
            Some(Place::Mongodb(_)) => None,
        }
    }

    pub(super) fn open(&self, store_dir: &Path) -> Result<Arc<dyn RollupStore>, PortError> {
        match self.directory(store_dir) {
            Some(dir) => Ok(Arc::new(EmbeddedRollups::open(dir)?)),
            None => Ok(Arc::new(MongoRollups::new(&self.mongodb)?)),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Embedded(PathBuf),
    Mongodb(String),
}

/// Without the URL, in which a password may stand.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(dir) => f.debug_tuple("Embedded").field(dir).finish(),
            Self::Mongodb(_) => f.write_str("Mongodb"),
        }
    }
}

/// A text that names no store of rollups.
struct UnknownRollups;

impl fmt::Display for UnknownRollups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "must be embedded:DIR with an absolute path, or mongodb://[USER:PASSWORD@]HOST[:PORT][,…][/DATABASE]",
        )
    }
}

impl FromStr for Place {
    type Err = UnknownRollups;

    fn from_str(text: &str) -> Result<Self, UnknownRollups> {
        if url::starts_with_any(text, &["mongodb"]) {
            return Ok(Self::Mongodb(text.to_owned()));
        }
        url::embedded(text).map(|dir| Self::Embedded(dir.into())).ok_or(UnknownRollups)
    }
}
