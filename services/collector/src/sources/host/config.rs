//! The section `[collector.host]`.

use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::Section;

/// Settings for the local host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Interval and timeout.
    pub timing: Timing,
    /// Excluded file systems, by mount point.
    pub exclude_disks: Vec<Pattern>,
    /// Excluded network interfaces, by name.
    pub exclude_interfaces: Vec<Pattern>,
}

impl Default for HostConfig {
    fn default() -> Self {
        let timing = Timing::new(Duration::from_secs(15), Duration::ZERO, Duration::from_secs(5));
        Self { timing, exclude_disks: Vec::new(), exclude_interfaces: Vec::new() }
    }
}

impl HostConfig {
    /// Reads the section; missing keys get their defaults. `None` if it says `enabled = false`.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.boolean("enabled", true);
        let config = Self {
            timing: Timing::read(section, Self::default().timing),
            exclude_disks: section.parsed_list("exclude_disks", MAX_PATTERNS),
            exclude_interfaces: section.parsed_list("exclude_interfaces", MAX_PATTERNS),
        };
        enabled.then_some(config)
    }
}
