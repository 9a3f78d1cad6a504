//! The section `[collector.host]`.

use super::cgroups::CgroupPattern;
use super::files::Roots;
use super::parts::HostPart;
use super::processes::MAX_PROCESS_NAMES;
use crate::sources::pattern::{MAX_PATTERNS, Pattern};
use crate::target::Timing;
use std::time::Duration;
use watchkeeper_config::Section;

/// Settings for the local host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Interval and timeout. Parts that are expensive to read have a longer interval.
    pub timing: Timing,
    /// The parts that are collected.
    pub parts: Vec<HostPart>,
    /// Excluded file systems, by mount point.
    pub exclude_disks: Vec<Pattern>,
    /// Excluded block devices, by name.
    pub exclude_devices: Vec<Pattern>,
    /// Excluded network interfaces, by name.
    pub exclude_interfaces: Vec<Pattern>,
    /// Excluded sensors, by the name of their chip, or `chip/sensor`.
    pub exclude_sensors: Vec<Pattern>,
    /// Processes to measure, by name.
    pub processes: Vec<Pattern>,
    /// Control groups to measure.
    pub cgroups: Vec<CgroupPattern>,
    /// Where the host is read from. Not a key of the section.
    pub roots: Roots,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            timing: Timing::new(Duration::from_secs(15), Duration::ZERO, Duration::from_secs(5)),
            parts: HostPart::ALL.map(|(_, part)| part).into(),
            exclude_disks: Vec::new(),
            exclude_devices: Vec::new(),
            exclude_interfaces: Vec::new(),
            exclude_sensors: Vec::new(),
            processes: Vec::new(),
            cgroups: Vec::new(),
            roots: Roots::default(),
        }
    }
}

impl HostConfig {
    /// Reads the section; missing keys get their defaults. `None` if it says `enabled = false`.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let enabled = section.boolean("enabled", true);
        let has_parts = section.has("parts");
        let parts = section.parsed_set("parts", HostPart::ALL.len());
        let default = Self::default();
        let config = Self {
            timing: Timing::read(section, default.timing),
            parts: if has_parts { parts } else { default.parts },
            exclude_disks: section.parsed_list("exclude_disks", MAX_PATTERNS),
            exclude_devices: section.parsed_list("exclude_devices", MAX_PATTERNS),
            exclude_interfaces: section.parsed_list("exclude_interfaces", MAX_PATTERNS),
            exclude_sensors: section.parsed_list("exclude_sensors", MAX_PATTERNS),
            processes: section.parsed_set("processes", MAX_PROCESS_NAMES),
            cgroups: section.parsed_set("cgroups", MAX_PATTERNS),
            roots: default.roots,
        };
        enabled.then_some(config)
    }
}
