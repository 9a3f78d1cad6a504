//! The whole configuration: one file, one section per role.

use crate::backends::Backends;
use crate::instance::Instance;
use crate::listen::Listen;
use crate::role::{ROLES, Role};
use anyhow::{Error, bail, ensure};
use std::path::Path;
use watchkeeper_config::{ConfigErrors, Document, Section};
use watchkeeper_pipelines::PipelineSet;
use watchkeeper_runtime::http::{Access, Tokens};
use watchkeeper_runtime::role::{Peers, Settings};
use watchkeeper_runtime::telemetry::LogLevel;

/// Why most roles need another bus than the ingest of another host.
const PUBLISHES_ONLY: &str = "bus in [backends] is the ingest of another Watchkeeper, which takes samples and events and gives none \
                              back. Run the collector with it (`watchkeeper run collector`)";

/// All settings.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) log_level: LogLevel,
    pub(crate) listen: Listen,
    pub(crate) backends: Backends,
    pub(crate) tokens: Tokens,
    /// The sections of the roles.
    pub(crate) settings: Settings,
}

impl Config {
    /// Reads a file for all roles; without one, every setting has its default.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::load_for("up", ROLES, file)
    }

    /// The same for a process of this name that runs `roles`: the secrets of other roles are not opened.
    pub(crate) fn load_for(process: &str, roles: &[Role], file: Option<&Path>) -> anyhow::Result<Self> {
        let read = |root: &mut Section<'_>| Self::read(root, roles);
        Ok(match file {
            Some(file) => watchkeeper_config::load_for(process, file, read)?,
            None => Document::empty().read(read)?,
        })
    }

    /// Checks a file that may be for another machine: secret files are not opened.
    pub(crate) fn check(file: &Path) -> Result<Self, ConfigErrors> {
        watchkeeper_config::check(file, |root| Self::read(root, ROLES))
    }

    /// The names of the sections that differ.
    pub(crate) fn sections_that_differ(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("log", self.log_level != other.log_level),
            ("http, grpc or listen", self.listen != other.listen),
            ("backends", self.backends != other.backends),
            ("tokens", self.tokens != other.tokens),
        ];
        let differ = differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name);
        differ.chain(self.settings.sections_that_differ(&other.settings)).collect()
    }

    /// How a role reaches the others, which run with the same configuration on this host.
    pub(crate) fn peers(&self) -> Peers {
        Peers { grpc: self.listen.peers(), are_open: Access::new(self.tokens.clone()).is_open() }
    }

    /// Checks that a role can run in its own process with this configuration, read from `file`.
    ///
    /// # Errors
    /// The reason, and how to fix it.
    pub(crate) fn check_alone(&self, instance: Instance, file: &Path) -> anyhow::Result<()> {
        self.listen.http_of(instance)?;
        self.listen.grpc_of(instance)?;
        let Instance { role, .. } = instance;
        if self.backends.publish_to_another_host() {
            ensure!(role.only_publishes, "the {role} cannot run here: {PUBLISHES_ONLY}");
            return Ok(());
        }
        let not_shared = self.backends.not_shared();
        if !not_shared.is_empty() {
            bail!(
                "the {role} cannot run in its own process: {} of [backends] belong to one process, and other roles \
                 could not use them. Configure engines (kafka://, postgres://, redis://, mongodb://), or run all roles in \
                 one process with `watchkeeper up --config {}`",
                not_shared.join(", "),
                file.display(),
            );
        }
        if let Some(check_alone) = role.check_alone {
            check_alone(&self.settings, &self.peers()).map_err(Error::msg)?;
        }
        Ok(())
    }

    /// Checks the settings of backends, without connecting to engines. Needs a tokio runtime.
    ///
    /// # Errors
    /// The reasons.
    pub(crate) fn check_backends(&self) -> anyhow::Result<()> {
        let faults = self.backends.faults();
        ensure!(faults.is_empty(), "[backends]: {}", faults.join("\n"));
        Ok(())
    }

    /// Checks that all roles can run in one process with this configuration.
    ///
    /// # Errors
    /// The reason, and how to fix it.
    pub(crate) fn check_together(&self) -> anyhow::Result<()> {
        ensure!(
            !self.backends.publish_to_another_host(),
            "`watchkeeper up` cannot run here: {PUBLISHES_ONLY}"
        );
        Ok(())
    }

    fn read(root: &mut Section<'_>, running: &[Role]) -> Self {
        let tokens = Tokens::read(root);
        let mut settings =
            Settings::read(root, ROLES, |role| running.iter().any(|one| one.name == role.name));
        settings.add_reloadable("pipeline or events", PipelineSet::read(root));
        let is_open = Access::new(tokens.clone()).is_open();
        Self {
            log_level: root.section("log", |log| log.parsed("level")).unwrap_or_default(),
            listen: Listen::read(root, is_open),
            backends: root.section("backends", Backends::read),
            tokens,
            settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PostgreSQL has a partition for every day that samples may have: the longest retention, the grace after it, the
    /// partial day at each end, and the coming days.
    #[cfg(feature = "postgres")]
    #[test]
    fn every_retention_that_can_be_set_has_its_days_in_the_store() {
        use watchkeeper_adapter_postgres::MAX_DAYS;
        use watchkeeper_domain::limits::MAX_WAIT;
        use watchkeeper_persister::PersisterConfig;
        let read = |days: usize| {
            let text = format!("retention = \"{days}d\"");
            Document::parse("watchkeeper.toml", &text).unwrap().read(PersisterConfig::read)
        };
        let longest = (1..usize::MAX).find(|days| read(days + 1).is_err()).unwrap();
        let waited = usize::try_from(MAX_WAIT.as_secs() / (24 * 60 * 60)).unwrap();
        assert!(longest + waited + 5 <= MAX_DAYS, "{longest} days");
    }

    #[test]
    fn every_example_is_valid() {
        let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples"));
        let files = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
            Config::check(&file).unwrap();
        }
    }

    #[test]
    fn the_example_says_what_the_defaults_are() {
        let example = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/watchkeeper.toml"));
        let (example, default) = (Config::load(Some(example)).unwrap(), Config::load(None).unwrap());
        assert_eq!(example, default);
    }
}
