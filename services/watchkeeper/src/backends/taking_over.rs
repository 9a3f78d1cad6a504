//! Source and destination of a migration from the previous platform.

use super::client::Caller;
use super::location::{Found, Location};
use super::migrating::refusal;
use super::rollups::MONGODB;
use super::store::POSTGRES;
use super::{Backends, url};
use anyhow::{Context as _, anyhow, ensure};
use prometheus::Registry;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_migrate::Takeover;
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::{Failure, PortError, RollupStore};

/// The file of embedded rollups.
const ROLLUPS_FILE: &str = "rollups.db";

impl Backends {
    /// Replaces the configured store, and the rollups if named, by these destinations; their settings stay.
    pub(crate) fn taking_over_at(mut self, urls: &[String]) -> anyhow::Result<Self> {
        let (mut store, mut rollups) = (None, None);
        for url in urls {
            // Without the URL: it may contain a password.
            let refusal = |why| anyhow!("--to: {why}");
            let embedded = || url::embedded(url).map(|dir| Location::Directory(dir.into()));
            let (slot, location) =
                if let Some(location) = POSTGRES.at(url).map_err(refusal)?.or_else(embedded) {
                    (&mut store, location)
                } else if let Some(location) = MONGODB.at(url).map_err(refusal)? {
                    (&mut rollups, location)
                } else {
                    return Err(refusal(refused(url)));
                };
            ensure!(slot.is_none(), "--to: names two destinations of one kind: name only one");
            *slot = Some(location);
        }
        self.store.location = store.context("--to: name the store too: postgres:// or embedded:DIR")?;
        self.rollups.location = rollups.unwrap_or_default();
        Ok(self)
    }

    /// Opens source and destination; backends without a location are embedded in `data_dir`. An embedded store must not
    /// be in use.
    pub(crate) fn open_takeover(
        &self,
        url: &str,
        data_dir: &Path,
        persister: &PersisterConfig,
        passes: Vec<String>,
        again: bool,
    ) -> anyhow::Result<Takeover> {
        let caller = Caller { name: "migrate", registry: &Registry::new() };
        let table = self.store.postgres.open_table(url)?;
        let store = self.store.open(data_dir, caller).map_err(in_use)?;
        let rollups = self.known_rollups(data_dir, caller).map_err(in_use)?;
        Ok(Takeover {
            table,
            samples: store.stores.samples,
            rollups: rollups.map(|rollups| (rollups, passes)),
            retention: persister.retention,
            max_series: persister.max_series,
            again,
        })
    }

    /// The rollups. `None` if they would be embedded in a directory that has neither rollups nor the store.
    fn known_rollups(
        &self,
        data_dir: &Path,
        caller: Caller<'_>,
    ) -> anyhow::Result<Option<Arc<dyn RollupStore>>> {
        let store_dir = self.store.location.directory(data_dir);
        let dir = store_dir.unwrap_or(data_dir);
        let is_known = match self.rollups.location.find(dir) {
            Found::Engine(_) => true,
            Found::Directory(dir) => store_dir.is_some() || dir.join(ROLLUPS_FILE).is_file(),
        };
        is_known.then(|| self.rollups.open(dir, caller)).transpose()
    }
}

fn in_use(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<PortError>().map(PortError::failure) {
        Some(Failure::Retry) => {
            error.context("stop `watchkeeper up` first: only one process can open its store")
        }
        _ => error,
    }
}

/// Why `url` cannot be a destination of samples.
fn refused(url: &str) -> &'static str {
    if url::with_scheme(url, &["embedded"]).is_some() {
        return "must be embedded:DIR with an absolute path";
    }
    if url::with_scheme(url, &["kafka"]).is_some() {
        return "samples of a database are migrated to the store, not to a bus";
    }
    refusal(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn at(urls: &[&str]) -> anyhow::Result<Backends> {
        let urls: Vec<_> = urls.iter().map(|&url| url.to_owned()).collect();
        Config::load(None).unwrap().backends.taking_over_at(&urls)
    }

    #[test]
    fn samples_go_into_a_store_of_any_kind() {
        let engines = at(&["postgres:///watchkeeper", "mongodb://127.0.0.1"]).unwrap();
        assert_eq!(engines.moved(), ["store", "rollups"]);
        assert_eq!(at(&["embedded:/var/lib/x"]).unwrap().moved(), Vec::<&str>::new());
    }

    #[test]
    fn what_takes_no_samples_is_refused_with_the_reason_and_without_a_password() {
        for (urls, expected) in [
            (&["mongodb://u:hunter2@h"][..], "name the store too"),
            (&["postgres:///a", "embedded:/b"], "two destinations of one kind"),
            (&["kafka://h:1"], "not to a bus"),
            (&["embedded:x"], "an absolute path"),
            (&["redis://:hunter2@h"], "the cache is not migrated"),
            (&["mysql://u:hunter2@h"], "must be kafka://"),
        ] {
            let refused = at(urls).unwrap_err().to_string();
            assert!(refused.starts_with("--to: ") && refused.contains(expected), "{refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[tokio::test]
    async fn rollups_are_known_where_they_are_named_or_beside_an_embedded_store() {
        let (dir, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let embedded = format!("embedded:{}", dir.path().display());
        let caller = Caller { name: "test", registry: &Registry::new() };
        let known = |urls: &[&str]| at(urls).unwrap().known_rollups(empty.path(), caller).unwrap().is_some();
        assert!(known(&[&embedded]));
        assert!(known(&["postgres:///watchkeeper", "mongodb://127.0.0.1"]));
        assert!(!known(&["postgres:///watchkeeper"]));
        assert_eq!(empty.path().read_dir().unwrap().count(), 0, "nothing is made");
    }
}
