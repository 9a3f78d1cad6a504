//! The section `[collector]`: one section for each source.

use crate::sources::host::HostConfig;
use crate::target::Target;
use watchkeeper_runtime::config::Section;

/// What is collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectorConfig {
    /// The host that the collector runs on; `None` if it is not enabled.
    pub host: Option<HostConfig>,
}

impl CollectorConfig {
    /// Reads the section; what is not given has a default.
    pub fn read(section: &mut Section<'_>) -> Self {
        Self { host: section.section("host", HostConfig::read) }
    }

    /// The targets of all sources.
    pub(crate) fn targets(self) -> Vec<Box<dyn Target>> {
        let Self { host } = self;
        host.into_iter().flat_map(HostConfig::targets).collect()
    }
}
