//! The whole configuration: one file, one section per role.

use crate::backends::Backends;
use crate::listen::Listen;
use std::path::Path;
use std::sync::Arc;
use watchkeeper_analytics::AnalyticsConfig;
use watchkeeper_api::ApiConfig;
use watchkeeper_cache::CacheConfig;
use watchkeeper_collector::CollectorConfig;
use watchkeeper_config::{ConfigErrors, Document, Section};
use watchkeeper_ingest::IngestConfig;
use watchkeeper_notifier::NotifierConfig;
use watchkeeper_persister::PersisterConfig;
use watchkeeper_rules::RuleSet;
use watchkeeper_runtime::http::{Access, Tokens};
use watchkeeper_runtime::telemetry::LogLevel;

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    pub(crate) log_level: LogLevel,
    pub(crate) listen: Listen,
    pub(crate) backends: Backends,
    pub(crate) tokens: Tokens,
    pub(crate) collector: CollectorConfig,
    pub(crate) ingest: IngestConfig,
    pub(crate) cache: CacheConfig,
    pub(crate) persister: PersisterConfig,
    pub(crate) api: ApiConfig,
    pub(crate) notifier: NotifierConfig,
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) analytics: AnalyticsConfig,
}

impl Config {
    /// Reads a file, or takes every default if there is none.
    pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Ok(match file {
            Some(file) => watchkeeper_config::load(file, Self::read)?,
            None => Document::empty().read(Self::read)?,
        })
    }

    /// Reads a file that may be for another machine: the files of secrets stay closed.
    pub(crate) fn check(file: &Path) -> Result<Self, ConfigErrors> {
        watchkeeper_config::check(file, Self::read)
    }

    /// The names of the sections in which the two differ.
    pub(crate) fn sections_that_differ(&self, other: &Self) -> Vec<&'static str> {
        let differs = [
            ("log", self.log_level != other.log_level),
            ("http, grpc or listen", self.listen != other.listen),
            ("backends", self.backends != other.backends),
            ("token", self.tokens != other.tokens),
            ("collector or compatibility", self.collector != other.collector),
            ("ingest", self.ingest != other.ingest),
            ("cache", self.cache != other.cache),
            ("persister", self.persister != other.persister),
            ("api", self.api != other.api),
            ("notifier", self.notifier != other.notifier),
            ("rule, inhibit or compatibility", self.rules != other.rules),
            ("analytics", self.analytics != other.analytics),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    fn read(root: &mut Section<'_>) -> Self {
        let tokens = Tokens::read(root);
        let is_open = Access::new(tokens.clone()).is_open();
        let listen = Listen::read(root, is_open);
        let (notifier, rules) = NotifierConfig::read(root);
        let Compatibility { publish_old_names, match_old_names } =
            root.section("compatibility", Compatibility::read);
        let collector = root.section("collector", CollectorConfig::read);
        Self {
            log_level: root.section("log", |log| log.parsed("level")).unwrap_or_default(),
            listen,
            backends: root.section("backends", Backends::read),
            tokens,
            collector: CollectorConfig { old_names: publish_old_names, ..collector },
            ingest: root.section("ingest", IngestConfig::read),
            cache: root.section("cache", CacheConfig::read),
            persister: root.section("persister", PersisterConfig::read),
            api: root.section("api", ApiConfig::read),
            notifier,
            rules: if match_old_names {
                Arc::new(Arc::unwrap_or_clone(rules).with_old_names())
            } else {
                rules
            },
            analytics: root.section("analytics", AnalyticsConfig::read),
        }
    }
}

/// The section `[compatibility]`: names that the previous platform had.
struct Compatibility {
    publish_old_names: bool,
    match_old_names: bool,
}

impl Compatibility {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            publish_old_names: section.boolean("publish_old_names", false),
            match_old_names: section.boolean("match_old_names", false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchkeeper_adapter_postgres::MAX_DAYS;
    use watchkeeper_domain::limits::MAX_WAIT;

    /// PostgreSQL has a partition for each day that it may be sent: of the longest retention, of what is taken past it,
    /// the day that is not over at each end, and the days that come.
    #[test]
    fn every_retention_that_can_be_set_has_its_days_in_the_store() {
        let read = |days: usize| {
            let text = format!("retention = \"{days}d\"");
            Document::parse("watchkeeper.toml", &text).unwrap().read(PersisterConfig::read)
        };
        let longest = (1..usize::MAX).find(|days| read(days + 1).is_err()).unwrap();
        let waited = usize::try_from(MAX_WAIT.as_secs() / (24 * 60 * 60)).unwrap();
        assert!(longest + waited + 5 <= MAX_DAYS, "{longest} days");
    }

    #[test]
    fn the_example_says_what_the_defaults_are() {
        let example = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/watchkeeper.toml"));
        let (example, default) = (Config::load(Some(example)).unwrap(), Config::load(None).unwrap());
        assert_eq!(example, default);
    }
}
