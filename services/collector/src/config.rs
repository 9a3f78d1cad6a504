//! The section `[collector]`: one section for each source.

use crate::sources::github::GithubConfig;
use crate::sources::host::HostConfig;
use crate::sources::moex::MoexConfig;
use crate::sources::openweather::OpenWeatherConfig;
use crate::sources::scrape::{self, ScrapeConfig};
use crate::sources::uptime::{self, UptimeConfig};
use crate::target::Target;
use prometheus::Registry;
use std::collections::HashSet;
use watchkeeper_config::Section;
use watchkeeper_spool::SpoolConfig;

/// Where the collector keeps samples while the bus is away.
const SPOOL: SpoolConfig = SpoolConfig::named("collector-spool");

/// What is collected: by default nothing, but what a section is read with has defaults of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorConfig {
    /// The host that the collector runs on; `None` if it is not enabled.
    pub host: Option<HostConfig>,
    /// Repositories on GitHub; `None` if there are none.
    pub github: Option<GithubConfig>,
    /// The weather of cities; `None` if there are none.
    pub openweather: Option<OpenWeatherConfig>,
    /// Prices of shares; `None` if they are not enabled.
    pub moex: Option<MoexConfig>,
    /// What is probed whether it is up; no two of one name.
    pub uptime: Vec<UptimeConfig>,
    /// Prometheus endpoints; no two of one source and instance.
    pub scrape: Vec<ScrapeConfig>,
    /// Whether sources are called as on the previous platform, if that had them
    /// ([`OldName`](watchkeeper_domain::OldName)): samples are of the series that it had, which have no unit.
    pub old_names: bool,
    /// Where samples wait while the bus is away.
    pub spool: SpoolConfig,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            host: None,
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
    /// Reads the section; what is not given has a default. Sources are called by their own names.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self {
            old_names: false,
            spool: SPOOL.read(section),
            host: section.section("host", HostConfig::read),
            github: section.section("github", GithubConfig::read),
            openweather: section.section("openweather", OpenWeatherConfig::read),
            moex: section.section("moex", MoexConfig::read),
            uptime: read_each(
                section,
                "uptime",
                uptime::MAX_TARGETS,
                UptimeConfig::read,
                UptimeConfig::target,
            ),
            scrape: read_each(
                section,
                "scrape",
                scrape::MAX_TARGETS,
                ScrapeConfig::read,
                ScrapeConfig::target,
            ),
        }
    }

    /// The targets of all sources. What a source counts of its own goes into `registry`.
    pub(crate) fn targets(self, registry: &Registry) -> Result<Vec<Box<dyn Target>>, prometheus::Error> {
        let Self { host, github, openweather, moex, uptime, scrape, old_names, spool: _ } = self;
        let mut targets: Vec<Box<dyn Target>> = Vec::new();
        targets.extend(host.into_iter().flat_map(HostConfig::targets));
        if let Some(github) = github {
            targets.extend(github.targets(registry, old_names)?);
        }
        targets.extend(openweather.into_iter().flat_map(|openweather| openweather.targets(old_names)));
        if let Some(moex) = moex {
            targets.push(moex.target(registry)?);
        }
        targets.extend(uptime::targets(uptime, old_names));
        targets.extend(scrape::targets(scrape));
        Ok(targets)
    }
}

/// The targets of the sections `[[key]]`. Two of one name are refused: their samples would belong to the
/// same series.
fn read_each<T>(
    section: &mut Section<'_>,
    key: &'static str,
    max: usize,
    read: impl Fn(&mut Section<'_>) -> Option<T>,
    name: impl Fn(&T) -> String,
) -> Vec<T> {
    let targets: Vec<T> = section.sections(key, max, read).into_iter().flatten().collect();
    let mut seen = HashSet::new();
    for target in &targets {
        if let Some(twin) = seen.replace(name(target)) {
            section.refuse(key, format!("two targets have the name {twin}"));
        }
    }
    targets
}
