//! Source and destination of a migration from embedded backends to engines.

use super::bus::KAFKA;
use super::client::Caller;
use super::location::Location;
use super::rollups::MONGODB;
use super::store::POSTGRES;
use super::url::with_scheme;
use super::{Backends, store};
use anyhow::{anyhow, bail, ensure};
use prometheus::Registry;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_adapter_embedded::{EmbeddedBus, EmbeddedOptions, EmbeddedRollups};
use watchkeeper_migrate::{Between, Migration, StoreMigration};
use watchkeeper_ports::{Failure, PortError, RollupStore};

/// Retention of the bus during a migration, so that nothing is pruned: ten years.
const KEPT: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// URL schemes that cannot be destinations, with the reason.
const REFUSED: [(&[&str], &str); 3] = [
    (&["redis", "rediss", "redis+unix", "unix"], "the cache is not migrated: it is filled from the store"),
    (
        &["smtp", "smtps", "smtp+plain", "maildir"],
        "mail is not migrated: unsent notifications are in the store",
    ),
    (&["embedded"], "an embedded installation is migrated to engines, not to embedded:"),
];

impl Backends {
    /// Replaces the configured engines by these; their settings stay.
    pub(crate) fn placed_at(mut self, urls: &[String]) -> anyhow::Result<Self> {
        let mut movable = [
            (KAFKA, &mut self.bus.location),
            (POSTGRES, &mut self.store.location),
            (MONGODB, &mut self.rollups.location),
        ];
        for (_, location) in &mut movable {
            **location = Location::default();
        }
        for url in urls {
            // Without the URL: it may contain a password.
            let refused = |why| anyhow!("--to: {why}");
            let found = movable.iter_mut().find(|(engine, _)| (engine.address)(url).is_some());
            let (engine, location) = found.ok_or_else(|| refused(refusal(url)))?;
            ensure!(!location.is_shared(), "--to: names two engines of one kind: name only one");
            **location = engine.at(url).map_err(refused)?.unwrap_or_default();
        }
        Ok(self)
    }

    /// The keys of backends that are migrated: those with an engine.
    pub(crate) fn moved(&self) -> Vec<&'static str> {
        let moved = [
            ("bus", self.bus.location.is_shared()),
            ("store", self.store.location.is_shared()),
            ("rollups", self.rollups.location.is_shared()),
        ];
        moved.into_iter().filter(|(_, is_shared)| *is_shared).map(|(key, _)| key).collect()
    }

    /// Opens the installation in `dir`, which must not be in use, and the destinations.
    pub(crate) fn open_migration(&self, dir: &Path) -> anyhow::Result<Migration> {
        match self.moved()[..] {
            [] => {
                bail!("no destination: name engines with --to, or in [backends] of --config")
            }
            ["bus"] | ["bus", "rollups"] => bail!(
                "the bus is not migrated without the store, which has the positions of all consumers on this bus: name \
                 a postgres:// destination too"
            ),
            _ => {}
        }
        let caller = Caller { name: "migrate", registry: &Registry::new() };
        let (to_store, to_rollups) = (self.store.location.is_shared(), self.rollups.location.is_shared());
        let store = to_store.then(|| self.open_store_migration(dir, caller)).transpose()?;
        let rollups = to_rollups.then(|| self.open_rollups_migration(dir, caller)).transpose()?;
        Ok(Migration { store, rollups })
    }

    fn open_store_migration(&self, dir: &Path, caller: Caller<'_>) -> anyhow::Result<StoreMigration> {
        let options = EmbeddedOptions {
            bus_retention: KEPT,
            dead_letter_retention: KEPT,
            group_expiry: KEPT,
            max_backlog_bytes: u64::MAX,
        };
        let bus = opened(dir, &["bus.db"], || EmbeddedBus::open(dir, &options))?;
        let here = opened(dir, &["store.db", "alerts.db"], || store::open_embedded(dir))?;
        let new_bus = self.bus.location.is_shared().then(|| self.bus.open(dir, caller)).transpose()?;
        Ok(StoreMigration {
            stores: Between { here, there: self.store.open(dir, caller)?.stores },
            bus: Arc::new(bus),
            new_bus,
        })
    }

    fn open_rollups_migration(
        &self,
        dir: &Path,
        caller: Caller<'_>,
    ) -> anyhow::Result<Between<Arc<dyn RollupStore>>> {
        let here = opened(dir, &["rollups.db"], || EmbeddedRollups::open(dir))?;
        Ok(Between { here: Arc::new(here), there: self.rollups.open(dir, caller)? })
    }
}

/// Opens these files; a missing file is an error and is not created.
fn opened<T>(dir: &Path, files: &[&str], open: impl FnOnce() -> Result<T, PortError>) -> anyhow::Result<T> {
    for file in files {
        ensure!(dir.join(file).is_file(), "{} is not an installation: there is no {file}", dir.display());
    }
    open().map_err(|error| match error.failure() {
        Failure::Retry => {
            anyhow!(error).context("stop `watchkeeper up` first: nothing may be written during the migration")
        }
        Failure::Reject | Failure::Stop => error.into(),
    })
}

/// Why `url` cannot be a destination.
pub(super) fn refusal(url: &str) -> &'static str {
    let refused = REFUSED.iter().find(|(schemes, _)| with_scheme(url, schemes).is_some());
    refused.map_or(
        "must be kafka://HOST:PORT[,HOST:PORT…], postgres://[USER[:PASSWORD]@]HOST[:PORT]/DATABASE or \
         mongodb://[USER:PASSWORD@]HOST[:PORT]",
        |(_, why)| why,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const ENGINES: [&str; 3] = ["kafka://127.0.0.1:9092", "postgres:///watchkeeper", "mongodb://127.0.0.1"];

    fn placed_at(urls: &[&str]) -> anyhow::Result<Backends> {
        let urls: Vec<_> = urls.iter().map(|&url| url.to_owned()).collect();
        Config::load(None).unwrap().backends.placed_at(&urls)
    }

    #[test]
    fn an_engine_is_known_by_its_scheme() {
        assert_eq!(placed_at(&ENGINES).unwrap().moved(), ["bus", "store", "rollups"]);
        assert_eq!(placed_at(&ENGINES[1..2]).unwrap().moved(), ["store"]);
        assert_eq!(placed_at(&[]).unwrap().moved(), Vec::<&str>::new());
    }

    #[test]
    fn what_does_not_move_is_refused_with_the_reason_and_without_a_password() {
        for (url, expected) in [
            ("redis://:hunter2@127.0.0.1", "the cache is not migrated"),
            ("smtp://mail.example.org", "mail is not migrated"),
            ("embedded:/var/lib/other", "is migrated to engines"),
            ("mysql://root:hunter2@127.0.0.1", "must be kafka://HOST:PORT"),
            ("kafka://", "must be kafka://HOST:PORT"),
        ] {
            let refused = placed_at(&[ENGINES[1], url]).unwrap_err().to_string();
            assert!(refused.starts_with("--to: ") && refused.contains(expected), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
        let twice = placed_at(&[ENGINES[1], "postgresql://other/watchkeeper"]).unwrap_err().to_string();
        assert!(twice.contains("two engines of one kind"), "{twice}");
    }

    #[test]
    fn a_bus_without_its_store_and_nothing_at_all_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let refused =
            |urls: &[&str]| placed_at(urls).unwrap().open_migration(dir.path()).err().unwrap().to_string();
        assert!(refused(&ENGINES[..1]).contains("is not migrated without the store"));
        assert!(refused(&[ENGINES[0], ENGINES[2]]).contains("is not migrated without the store"));
        assert!(refused(&[]).contains("no destination"));
    }
}
