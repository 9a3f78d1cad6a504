//! Which back end stands behind each port: the only place that names an adapter.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore, MemoryCache};
use watchkeeper_ports::{EventBus, LatestCache, PortError, SampleStore, ScheduleStore};
use watchkeeper_runtime::config::Section;

/// The ports, opened.
pub(crate) struct Ports {
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) samples: Arc<dyn SampleStore>,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) latest: Arc<dyn LatestCache>,
}

/// The section `[backends]`: a URL for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backends {
    bus: Option<DurableUrl>,
    store: Option<DurableUrl>,
    cache: Option<CacheUrl>,
}

impl Backends {
    /// Reads the section; what is not given is embedded.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { bus: section.parsed("bus"), store: section.parsed("store"), cache: section.parsed("cache") }
    }

    /// Opens every back end; those that are not given in `data_dir`.
    pub(crate) fn open(&self, data_dir: &Path) -> Result<Ports, PortError> {
        let options = EmbeddedOptions::default();
        let directory = |url: &Option<DurableUrl>| match url {
            Some(DurableUrl::Embedded(dir)) => dir.clone(),
            None => data_dir.to_owned(),
        };
        let store = EmbeddedStore::open(&directory(&self.store))?;
        Ok(Ports {
            bus: Arc::new(EmbeddedBus::open(&directory(&self.bus), &options)?),
            samples: store.samples(),
            schedule: store.schedule(),
            latest: match self.cache {
                Some(CacheUrl::Memory) | None => Arc::new(MemoryCache::default()),
            },
        })
    }
}

/// Where a durable back end is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum DurableUrl {
    /// `embedded:DIR`.
    Embedded(PathBuf),
}

/// Where the cache is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CacheUrl {
    /// `memory:`.
    Memory,
}

/// A URL that names no back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnknownBackend {
    expected: &'static str,
}

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be {}", self.expected)
    }
}

impl FromStr for DurableUrl {
    type Err = UnknownBackend;

    fn from_str(url: &str) -> Result<Self, UnknownBackend> {
        match url.strip_prefix("embedded:") {
            Some(dir) if dir.starts_with('/') => Ok(Self::Embedded(dir.into())),
            _ => Err(UnknownBackend { expected: "embedded:DIR with an absolute path" }),
        }
    }
}

impl FromStr for CacheUrl {
    type Err = UnknownBackend;

    fn from_str(url: &str) -> Result<Self, UnknownBackend> {
        if url == "memory:" { Ok(Self::Memory) } else { Err(UnknownBackend { expected: "memory:" }) }
    }
}
