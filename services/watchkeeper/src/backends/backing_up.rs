//! What a backup needs to know of the backends.

use super::Backends;
use super::location::Location;
use super::mail::MAILDIR;
use std::path::{Path, PathBuf};
use watchkeeper_spool::SpoolConfig;

impl Backends {
    /// The files and directories that are not in the data directory: where they would be in it, and where they are.
    pub(crate) fn files_elsewhere(&self, data_dir: &Path, spools: &[SpoolConfig]) -> Vec<(PathBuf, PathBuf)> {
        let store_dir = self.store.location.directory(data_dir);
        let rollups_dir = self.rollups.location.directory(store_dir.unwrap_or(data_dir));
        let databases = [
            ("bus.db", self.bus.location.directory(data_dir)),
            ("store.db", store_dir),
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
            ("alerts.db", "/srv/store/alerts.db"),
            ("rollups.db", "/srv/store/rollups.db"),
            ("mail", "/srv/mail"),
            ("spool", "/srv/spool"),
        ];
        assert_eq!(found, expected.map(|(name, path)| (name.into(), path.into())));
        assert!(backends("").files_elsewhere(Path::new("/data"), &spools).is_empty());
    }

    #[test]
    fn what_is_on_embedded_backends_lacks_nothing() {
        assert!(backends("").on_engines().is_empty());
    }
}
