//! Which back end stands behind each port: the only place that names an adapter.

mod bus;
mod cache;
mod checking;
mod client;
mod engines;
mod mail;
mod migrating;
mod place;
mod rollups;
mod store;
mod taking_over;
mod url;

use bus::BusBackend;
use cache::CacheBackend;
use client::Caller;
use mail::MailBackend;
use prometheus::Registry;
use rollups::RollupsBackend;
use std::path::Path;
use store::StoreBackend;
use watchkeeper_config::Section;
use watchkeeper_migrate::Stores;
use watchkeeper_ports::Ports;
use watchkeeper_spool::{SpoolConfig, SpoolPort};

/// The section `[backends]`: where each back end is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backends {
    bus: BusBackend,
    store: StoreBackend,
    cache: CacheBackend,
    rollups: RollupsBackend,
    mail: MailBackend,
}

impl Backends {
    /// Reads the section; what is not given is embedded in the data directory.
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            bus: BusBackend::read(section),
            store: StoreBackend::read(section),
            cache: CacheBackend::read(section),
            rollups: RollupsBackend::read(section),
            mail: MailBackend::read(section),
        }
    }

    /// Whether any of them is an engine that processes can share.
    pub(crate) fn has_engines(&self) -> bool {
        self.shared().iter().any(|(_, is_shared)| *is_shared)
    }

    /// The keys of those that only one process can use.
    pub(crate) fn not_shared(&self) -> Vec<&'static str> {
        self.shared().into_iter().filter(|(_, is_shared)| !is_shared).map(|(key, _)| key).collect()
    }

    /// The keys of all, and whether several processes can use them.
    fn shared(&self) -> [(&'static str, bool); 4] {
        [
            ("bus", self.bus.place.is_shared()),
            ("store", self.store.place.is_shared()),
            ("cache", self.cache.is_shared()),
            ("rollups", self.rollups.place.is_shared()),
        ]
    }

    /// The spool of a role: none when the bus is embedded, which is never further away than a spool.
    pub(crate) fn open_spool(&self, config: &SpoolConfig, data_dir: &Path) -> Option<SpoolPort> {
        self.bus.place.is_shared().then(|| bus::open_spool(config, data_dir))
    }

    /// Where the data is, for people.
    pub(crate) fn place(&self, data_dir: &Path) -> String {
        let store_dir = self.store.place.directory(data_dir);
        let directories = [
            self.bus.place.directory(data_dir),
            store_dir,
            self.rollups.place.directory(store_dir.unwrap_or(data_dir)),
        ];
        let mut shown: Vec<_> = directories.iter().flatten().map(|dir| dir.display().to_string()).collect();
        shown.dedup();
        if shown.is_empty() { "on engines".to_owned() } else { shown.join(" and ") }
    }

    /// Opens every back end; those that are not given in `data_dir`. An engine need not be there yet, and knows its client
    /// by the name of the `process`. What they tell of themselves goes to `registry`.
    pub(crate) fn open(&self, process: &str, data_dir: &Path, registry: &Registry) -> anyhow::Result<Ports> {
        let caller = Caller { name: process, registry };
        let store_dir = self.store.place.directory(data_dir).unwrap_or(data_dir);
        let rollups = self.rollups.open(store_dir, caller)?;
        let Stores { samples, schedule, alerts, notifications, silences } =
            self.store.open(data_dir, caller)?;
        Ok(Ports {
            bus: self.bus.open(data_dir, caller)?,
            samples,
            schedule,
            latest: self.cache.open(caller)?,
            rollups,
            alerts,
            notifications,
            silences,
            mailer: self.mail.open(data_dir)?,
        })
    }
}
