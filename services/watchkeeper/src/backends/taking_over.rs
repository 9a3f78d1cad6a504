//! The two sides of a takeover from the previous platform.

use super::migrating::refusal;
use super::place::{Found, Place};
use super::rollups::MONGODB;
use super::store::POSTGRES;
use super::{Backends, url};
use anyhow::{Context as _, anyhow, ensure};
use std::path::Path;
use std::sync::Arc;
use watchkeeper_adapter_postgres::{PostgresMetricsTable, PostgresOptions};
use watchkeeper_migrate::Takeover;
use watchkeeper_persister::PersisterConfig;
use watchkeeper_ports::{Failure, PortError, RollupStore};

/// The file of embedded rollups.
const ROLLUPS_FILE: &str = "rollups.db";

impl Backends {
    /// With the store, and the rollups if they are named, in the places of those that were read; how they are used
    /// stays.
    pub(crate) fn taking_over_at(mut self, urls: &[String]) -> anyhow::Result<Self> {
        let (mut store, mut rollups) = (None, None);
        for url in urls {
            let embedded = || url::embedded(url).map(|dir| Place::Directory(dir.into()));
            let (slot, place) = if let Some(place) = POSTGRES.at(url).or_else(embedded) {
                (&mut store, place)
            } else if let Some(place) = MONGODB.at(url) {
                (&mut rollups, place)
            } else {
                // Without the URL, in which a password may stand.
                return Err(anyhow!("--to: {}", refused(url)));
            };
            ensure!(slot.is_none(), "--to: names two places of one kind: give one for each");
            *slot = Some(place);
        }
        self.store.place = store.context("--to: name the store too: postgres:// or embedded:DIR")?;
        self.rollups.place = rollups.unwrap_or_default();
        Ok(self)
    }

    /// Opens both sides; what is not placed anywhere is in `data_dir`. An embedded store must not be in use.
    pub(crate) fn open_takeover(
        &self,
        url: &str,
        data_dir: &Path,
        persister: &PersisterConfig,
        passes: Vec<String>,
        again: bool,
    ) -> anyhow::Result<Takeover> {
        let options = PostgresOptions { url: url.to_owned(), ..self.store.how_to_read() };
        let table = PostgresMetricsTable::connect(&options)?;
        let store = self.store.open(data_dir).map_err(in_use)?;
        let rollups = self.known_rollups(data_dir).map_err(in_use)?;
        Ok(Takeover {
            table: Arc::new(table),
            samples: store.samples,
            rollups: rollups.map(|rollups| (rollups, passes)),
            retention: persister.retention,
            max_series: persister.max_series,
            again,
        })
    }

    /// The rollups, unless they are embedded in a directory in which there are none and in which the store is not.
    fn known_rollups(&self, data_dir: &Path) -> Result<Option<Arc<dyn RollupStore>>, PortError> {
        let store_dir = self.store.place.directory(data_dir);
        let dir = store_dir.unwrap_or(data_dir);
        let is_known = match self.rollups.place.find(dir) {
            Found::Engine(_) => true,
            Found::Directory(dir) => store_dir.is_some() || dir.join(ROLLUPS_FILE).is_file(),
        };
        is_known.then(|| self.rollups.open(dir)).transpose()
    }
}

fn in_use(error: PortError) -> anyhow::Error {
    match error.failure() {
        Failure::Retry => anyhow!(error).context("stop `watchkeeper up` first: its store can be open once"),
        Failure::Reject | Failure::Stop => error.into(),
    }
}

/// Why samples are not taken to that place.
fn refused(url: &str) -> &'static str {
    if url::with_scheme(url, &["embedded"]).is_some() {
        return "must be embedded:DIR with an absolute path";
    }
    if url::with_scheme(url, &["kafka"]).is_some() {
        return "samples of a database go into the store, and not to a bus";
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
            (&["postgres:///a", "embedded:/b"], "two places of one kind"),
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
        let known = |urls: &[&str]| at(urls).unwrap().known_rollups(empty.path()).unwrap().is_some();
        assert!(known(&[&embedded]));
        assert!(known(&["postgres:///watchkeeper", "mongodb://127.0.0.1"]));
        assert!(!known(&["postgres:///watchkeeper"]));
        assert_eq!(empty.path().read_dir().unwrap().count(), 0, "nothing is made");
    }
}
