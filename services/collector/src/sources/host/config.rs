//! The section `[collector.host]`.

use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::Section;

/// How the host is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// When, and for how long at most.
    pub timing: Timing,
    /// File systems that are left out, by where they are mounted.
    pub exclude_disks: Vec<Pattern>,
    /// Network interfaces that are left out, by name.
    pub exclude_interfaces: Vec<Pattern>,
}

impl Default for HostConfig {
    fn default() -> Self {
        let timing = Timing::new(Duration::from_secs(15), Duration::ZERO, Duration::from_secs(5));
        Self { timing, exclude_disks: Vec::new(), exclude_interfaces: Vec::new() }
    }
}

impl HostConfig {
    /// Reads the section; what is not given has a default. `None` if it says `enabled = false`.
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
