//! The backend of each port. No other module names an adapter.

mod backing_up;
mod bus;
mod cache;
mod checking;
mod client;
mod engines;
mod location;
mod mail;
mod migrating;
mod places;
mod rollups;
mod store;
mod taking_over;
mod url;

use bus::BusBackend;
use cache::{CacheBackend, Caches};
use client::Caller;
use mail::MailBackend;
use prometheus::Registry;
use rollups::RollupsBackend;
use std::path::Path;
use std::sync::Arc;
use store::{Opened, StoreBackend};
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::{Mailer, PortError, Ports};
use watchkeeper_spool::{SpoolConfig, SpoolPort};

/// The section `[backends]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backends {
    bus: BusBackend,
    store: StoreBackend,
    cache: CacheBackend,
    rollups: RollupsBackend,
    mail: MailBackend,
}

impl Backends {
    /// Reads the section; backends that are not configured are embedded in the data directory.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            bus: BusBackend::read(section),
            store: StoreBackend::read(section),
            cache: CacheBackend::read(section),
            rollups: RollupsBackend::read(section),
            mail: MailBackend::read(section),
        }
    }

    /// Whether any backend is an engine that processes can share.
    pub(crate) fn has_engines(&self) -> bool {
        self.shared().iter().any(|(_, is_shared)| *is_shared)
    }

    /// The keys of backends that only one process can use.
    pub(crate) fn not_shared(&self) -> Vec<&'static str> {
        self.shared().into_iter().filter(|(_, is_shared)| !is_shared).map(|(key, _)| key).collect()
    }

    /// Whether the bus is the ingest of another host: then only roles that only publish can run here.
    pub(crate) fn publish_to_another_host(&self) -> bool {
        self.bus.of_another_host().is_some()
    }

    /// All keys, and whether several processes can share the backend.
    fn shared(&self) -> [(&'static str, bool); 4] {
        [
            ("bus", self.bus.location.is_shared()),
            ("store", self.store.location.is_shared()),
            ("cache", self.cache.is_shared()),
            ("rollups", self.rollups.location.is_shared()),
        ]
    }

    /// The spool of a role. `None` for an embedded bus: it is as available as the spool would be.
    pub(crate) fn open_spool(&self, config: &SpoolConfig, data_dir: &Path) -> Option<SpoolPort> {
        self.bus.location.is_shared().then(|| bus::open_spool(config, data_dir))
    }

    /// Where the data is, to print.
    pub(crate) fn location(&self, data_dir: &Path) -> String {
        let store_dir = self.store.location.directory(data_dir);
        let directories = [
            self.bus.location.directory(data_dir),
            store_dir,
            self.rollups.location.directory(store_dir.unwrap_or(data_dir)),
        ];
        let mut shown: Vec<_> = directories.iter().flatten().map(|dir| dir.display().to_string()).collect();
        shown.dedup();
        if shown.is_empty() { "on engines".to_owned() } else { shown.join(" and ") }
    }

    /// Opens the backend of mail alone.
    pub(crate) fn open_mailer(&self, data_dir: &Path) -> Result<Arc<dyn Mailer>, PortError> {
        self.mail.open(data_dir)
    }

    /// Opens all backends; those that are not configured are embedded in `data_dir`. Engines may be unavailable and are
    /// waited for; `process` is the client name. Metrics are registered in `registry`.
    pub(crate) fn open(&self, process: &str, data_dir: &Path, registry: &Registry) -> anyhow::Result<Ports> {
        let caller = Caller { name: process, registry };
        let store_dir = self.store.location.directory(data_dir).unwrap_or(data_dir);
        let rollups = self.rollups.open(store_dir, caller)?;
        let Opened { stores, reports } = self.store.open(data_dir, caller)?;
        let Stores { samples, events, schedule, alerts, notifications, silences, incidents } = stores;
        let Caches { latest, answers } = self.cache.open(caller)?;
        Ok(Ports {
            bus: self.bus.open(data_dir, caller)?,
            samples,
            events,
            reports,
            schedule,
            latest,
            answers,
            rollups,
            alerts,
            notifications,
            silences,
            incidents,
            mailer: self.mail.open(data_dir)?,
        })
    }
}
