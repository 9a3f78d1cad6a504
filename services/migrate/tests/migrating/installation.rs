//! An embedded installation in a directory of its own.

use std::sync::Arc;
use tempfile::TempDir;
use watchkeeper_adapter_embedded::{
    EmbeddedAlerts, EmbeddedBus, EmbeddedEvents, EmbeddedOptions, EmbeddedRollups, EmbeddedStore,
};
use watchkeeper_migrate::{Between, Counts, Event, Migration, Report, StoreMigration, Stores, run};
use watchkeeper_ports::{EventBus, RollupStore};

/// The passes whose marks are moved.
pub(crate) const PASSES: [&str; 2] = ["day", "hour"];

/// An installation, opened; gone when dropped.
pub(crate) struct Installation {
    pub(crate) stores: Stores,
    pub(crate) bus: Arc<dyn EventBus>,
    pub(crate) rollups: Arc<dyn RollupStore>,
    _dir: TempDir,
}

impl Installation {
    pub(crate) fn fresh() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let samples = EmbeddedStore::open(dir.path()).unwrap();
        let alerts = EmbeddedAlerts::open(dir.path()).unwrap();
        let stores = Stores {
            samples: samples.samples(),
            events: Arc::new(EmbeddedEvents::open(dir.path()).unwrap()),
            schedule: samples.schedule(),
            alerts: alerts.alerts(),
            notifications: alerts.notifications(),
            silences: alerts.silences(),
            incidents: alerts.incidents(),
        };
        let bus = EmbeddedBus::open(dir.path(), &EmbeddedOptions::default()).unwrap();
        let rollups = EmbeddedRollups::open(dir.path()).unwrap();
        Self { stores, bus: Arc::new(bus), rollups: Arc::new(rollups), _dir: dir }
    }

    /// A migration of everything to another.
    pub(crate) fn to(&self, there: &Self) -> Migration {
        Migration {
            store: Some(StoreMigration {
                stores: Between { here: self.stores.clone(), there: there.stores.clone() },
                bus: Arc::clone(&self.bus),
                new_bus: Some(Arc::clone(&there.bus)),
            }),
            rollups: Some(Between { here: Arc::clone(&self.rollups), there: Arc::clone(&there.rollups) }),
        }
    }
}

pub(crate) fn passes() -> Vec<String> {
    PASSES.map(str::to_owned).to_vec()
}

/// Runs a migration to its end.
pub(crate) async fn moved(moving: &Migration) -> Report {
    run(moving, &passes(), &mut |_: &Event<'_>| {}).await.unwrap()
}

/// What the report says of one kind.
pub(crate) fn counts(report: &Report, what: &str) -> Counts {
    report.lines.iter().find(|line| line.what == what).unwrap().counts
}
