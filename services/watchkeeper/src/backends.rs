//! Which back end stands behind each port: the only place that names an adapter.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedStore, MemoryCache};
use watchkeeper_ports::{EventBus, LatestCache, PortError, SampleStore, ScheduleStore};
use watchkeeper_runtime::config::Section;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long records and dead letters may stay on the embedded bus.
const RETENTION: RangeInclusive<Duration> = HOUR..=Duration::from_secs(366 * 24 * 60 * 60);
/// How many bytes a topic of the embedded bus may hold.
const BACKLOG: RangeInclusive<usize> = (16 << 20)..=(1 << 40);
#[expect(clippy::cast_possible_truncation, reason = "1 GiB")]
const MAX_BACKLOG: usize = EmbeddedOptions::MAX_BACKLOG_BYTES as usize;

/// The ports, opened.
pub(crate) struct Ports {
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) samples: Arc<dyn SampleStore>,
    pub(crate) schedule: Arc<dyn ScheduleStore>,
    pub(crate) latest: Arc<dyn LatestCache>,
}

/// The section `[backends]`: where each back end is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backends {
    bus: Option<Embedded>,
    store: Option<Embedded>,
    embedded: EmbeddedOptions,
}

impl Backends {
    /// Reads the section; what is not given is embedded in the data directory.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            bus: section.parsed("bus"),
            store: section.parsed("store"),
            embedded: section.section("embedded", |embedded| EmbeddedOptions {
                bus_retention: embedded.duration("bus_retention", RETENTION, EmbeddedOptions::BUS_RETENTION),
                dead_letter_retention: embedded.duration(
                    "dead_letter_retention",
                    DAY..=*RETENTION.end(),
                    EmbeddedOptions::DEAD_LETTER_RETENTION,
                ),
                max_backlog_bytes: embedded.bytes("max_backlog", BACKLOG, MAX_BACKLOG) as u64,
                ..EmbeddedOptions::default()
            }),
        }
    }

    /// Where the data is, for people.
    pub(crate) fn place(&self, data_dir: &Path) -> String {
        let (bus, store) = (directory(self.bus.as_ref(), data_dir), directory(self.store.as_ref(), data_dir));
        if bus == store {
            bus.display().to_string()
        } else {
            format!("{} and {}", bus.display(), store.display())
        }
    }

    /// Opens every back end; those that are not given in `data_dir`.
    pub(crate) fn open(&self, data_dir: &Path) -> Result<Ports, PortError> {
        let store = EmbeddedStore::open(directory(self.store.as_ref(), data_dir))?;
        let bus = EmbeddedBus::open(directory(self.bus.as_ref(), data_dir), &self.embedded)?;
        Ok(Ports {
            bus: Arc::new(bus),
            samples: store.samples(),
            schedule: store.schedule(),
            latest: Arc::new(MemoryCache::default()),
        })
    }
}

fn directory<'a>(given: Option<&'a Embedded>, data_dir: &'a Path) -> &'a Path {
    given.map_or(data_dir, |given| &given.0)
}

/// `embedded:DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Embedded(PathBuf);

/// A URL that names no back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownBackend;

impl fmt::Display for UnknownBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("must be embedded:DIR with an absolute path")
    }
}

impl FromStr for Embedded {
    type Err = UnknownBackend;

    fn from_str(url: &str) -> Result<Self, UnknownBackend> {
        match url.strip_prefix("embedded:") {
            Some(dir) if dir.starts_with('/') => Ok(Self(dir.into())),
            _ => Err(UnknownBackend),
        }
    }
}
