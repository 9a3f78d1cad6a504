//! What a backup needs to know of the backends.

use super::Backends;
use super::location::Location;
use super::mail::MAILDIR;
use prometheus::{PullingGauge, Registry};
use std::path::{Path, PathBuf};
use watchkeeper_adapter_embedded::backup;
use watchkeeper_domain::Timestamp;
use watchkeeper_spool::SpoolConfig;

const LAST_BACKUP: &str = "watchkeeper_backup_last_success_timestamp_seconds";

impl Backends {
    /// The files and directories that are not in the data directory: where they would be in it, and where they are.
    pub(crate) fn files_elsewhere(&self, data_dir: &Path, spools: &[SpoolConfig]) -> Vec<(PathBuf, PathBuf)> {
        let store_dir = self.store.location.directory(data_dir);
        let rollups_dir = self.rollups.location.directory(store_dir.unwrap_or(data_dir));
        let databases = [
            ("bus.db", self.bus.location.directory(data_dir)),
            ("store.db", store_dir),
            ("events.db", store_dir),
            ("alerts.db", store_dir),
            ("rollups.db", rollups_dir),
        ];
        let mut files: Vec<(PathBuf, PathBuf)> = databases
            .into_iter()
            .filter_map(|(name, dir)| Some((name, dir.filter(|dir| *dir != data_dir)?)))
            .map(|(name, dir)| (name.into(), dir.join(name)))
            .collect();
        files.extend(self.mail.maildir().map(|dir| (MAILDIR.into(), dir.to_owned())));
        // Nobody opens a spool in front of an embedded bus.
        let spools = spools.iter().filter(|_| self.bus.location.is_shared());
        files.extend(spools.filter_map(|spool| Some((spool.name().into(), spool.directory.clone()?))));
        files
    }

    /// Registers the metric of the last backup, if a backup has anything to copy.
    pub(crate) fn register_last_backup(
        &self,
        data_dir: &Path,
        registry: &Registry,
    ) -> Result<(), prometheus::Error> {
        let has_files = [&self.bus.location, &self.store.location, &self.rollups.location]
            .into_iter()
            .any(|location| !location.is_shared());
        if !has_files {
            return Ok(());
        }
        let data_dir = data_dir.to_owned();
        let began_at = move || backup::last_taken(&data_dir).map_or(0.0, Timestamp::as_secs_f64);
        let help = "Unix time at which the last backup of the data directory began; 0 if there was none.";
        let gauge = PullingGauge::new(LAST_BACKUP, help, Box::new(began_at))?;
        registry.register(Box::new(gauge))
    }

    /// What a backup of files lacks, and how to back it up.
    pub(crate) fn on_engines(&self) -> Vec<String> {
        let lacks = |location: &Location, text: &str| location.is_shared().then(|| text.to_owned());
        [
            lacks(
                &self.bus.location,
                "not included: the bus, which is on Kafka. Kafka replicates its topics; to keep a copy elsewhere, \
                 mirror them with MirrorMaker",
            ),
            lacks(
                &self.store.location,
                "not included: samples, alerts, notifications, silences and incidents, which are on PostgreSQL. Back them up \
                 with: pg_dump --format=custom --schema=watchkeeper DATABASE",
            ),
            lacks(
                &self.rollups.location,
                "not included: rollups, which are on MongoDB. Back them up with: mongodump --db DATABASE",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_config::Document;
    use watchkeeper_ingest::IngestConfig;

    fn backends(text: &str) -> Backends {
        let document = Document::parse("watchkeeper.toml", text).unwrap();
        document.read(|root| root.section("backends", Backends::read)).unwrap()
    }

    #[test]
    fn files_outside_the_data_directory_are_found_where_the_configuration_has_them() {
        let text = "[backends]\nbus = \"kafka://kafka.test\"\nstore = \"embedded:/srv/store\"\nmail = \"maildir:/srv/mail\"";
        let mut spool = IngestConfig::default().spool;
        spool.directory = Some("/srv/spool".into());
        let spools = [spool, IngestConfig::default().spool];
        let found = backends(text).files_elsewhere(Path::new("/data"), &spools);
        let expected = [
            ("store.db", "/srv/store/store.db"),
            ("events.db", "/srv/store/events.db"),
            ("alerts.db", "/srv/store/alerts.db"),
            ("rollups.db", "/srv/store/rollups.db"),
            ("mail", "/srv/mail"),
            ("spool", "/srv/spool"),
        ];
        assert_eq!(found, expected.map(|(name, path)| (name.into(), path.into())));
        assert!(backends("").files_elsewhere(Path::new("/data"), &spools).is_empty());
    }

    #[test]
    fn only_a_process_that_keeps_files_has_the_metric_of_the_last_backup() {
        let engines = "[backends]\nbus = \"kafka://kafka.test\"\nstore = \"postgres://db.test/a\"\n\
                       cache = \"redis://redis.test\"\nrollups = \"mongodb://mongodb.test\"";
        for (config, metrics) in [("", 1), (engines, 0)] {
            let (dir, registry) = (tempfile::tempdir().unwrap(), Registry::new());
            backends(config).register_last_backup(dir.path(), &registry).unwrap();
            let shown = registry.gather();
            assert_eq!(shown.len(), metrics, "{config}");
            assert!(shown.iter().all(|metric| metric.get_metric()[0].get_gauge().get_value() == 0.0));
        }
    }

    #[test]
    fn what_is_on_embedded_backends_lacks_nothing() {
        assert!(backends("").on_engines().is_empty());
    }
}
