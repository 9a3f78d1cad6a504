//! The section `[collector]`, with a subsection per source.

use crate::sources::github::GithubConfig;
use crate::sources::host::HostConfig;
use crate::sources::journal::JournalConfig;
use crate::sources::moex::MoexConfig;
use crate::sources::openweather::OpenWeatherConfig;
use crate::sources::scrape::{self, ScrapeConfig};
use crate::sources::uptime::{self, UptimeConfig};
use std::sync::Arc;
use watchkeeper_config::Section;
use watchkeeper_spool::SpoolConfig;

/// The collector's spool for samples while the bus is unavailable.
const SPOOL: SpoolConfig = SpoolConfig::named("collector-spool");

/// The sources. None is enabled by default; each subsection has defaults of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorConfig {
    /// The local host; `None` if it is not enabled.
    pub host: Option<HostConfig>,
    /// The journal of the host; `None` if it is not enabled.
    pub journal: Option<JournalConfig>,
    /// Repositories on GitHub; `None` if there are none.
    pub github: Option<GithubConfig>,
    /// The weather of cities; `None` if there are none.
    pub openweather: Option<OpenWeatherConfig>,
    /// Share prices; `None` if they are not enabled.
    pub moex: Option<MoexConfig>,
    /// Uptime probes, with unique names.
    pub uptime: Vec<Arc<UptimeConfig>>,
    /// Prometheus endpoints, with unique pairs of source and instance.
    pub scrape: Vec<Arc<ScrapeConfig>>,
    /// Whether sources use the names of the previous platform, if it had them
    /// ([`OldName`](watchkeeper_domain::OldName)): samples then belong to its series, which have no unit.
    pub old_names: bool,
    /// Where samples are spooled while the bus is unavailable.
    pub spool: SpoolConfig,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            host: None,
            journal: None,
            github: None,
            openweather: None,
            moex: None,
            uptime: Vec::new(),
            scrape: Vec::new(),
            old_names: false,
            spool: SPOOL,
        }
    }
}

impl CollectorConfig {
    /// Reads the section; missing keys get their defaults. Sources use their own names.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            old_names: false,
            spool: SPOOL.read(section),
            host: section.section("host", HostConfig::read),
            journal: section.section("journal", JournalConfig::read),
            github: section.section("github", GithubConfig::read),
            openweather: section.section("openweather", OpenWeatherConfig::read),
            moex: section.section("moex", MoexConfig::read),
            uptime: uptime::SECTIONS.read(section, UptimeConfig::read, UptimeConfig::target),
            scrape: scrape::SECTIONS.read(section, ScrapeConfig::read, ScrapeConfig::target),
        }
    }
}
