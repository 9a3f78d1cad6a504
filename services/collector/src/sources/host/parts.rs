//! The parts of the host that can be selected.

use std::str::FromStr;

/// A part of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPart {
    /// CPU usage.
    Cpu,
    /// Memory and swap.
    Memory,
    /// Load averages, uptime, open files.
    Load,
    /// File systems.
    Disk,
    /// Disk I/O by device.
    Io,
    /// Network interfaces.
    Network,
    /// Temperatures.
    Temperature,
    /// Failed units of systemd.
    Units,
    /// Arrays, pools, errors of file systems.
    Raid,
    /// S.M.A.R.T. of disks.
    Smart,
    /// Whether the clock is synchronised.
    Clock,
}

impl HostPart {
    /// All parts, by their names in the configuration.
    pub const ALL: [(&str, Self); 11] = [
        ("cpu", Self::Cpu),
        ("memory", Self::Memory),
        ("load", Self::Load),
        ("disk", Self::Disk),
        ("io", Self::Io),
        ("network", Self::Network),
        ("temperature", Self::Temperature),
        ("units", Self::Units),
        ("raid", Self::Raid),
        ("smart", Self::Smart),
        ("clock", Self::Clock),
    ];
}

/// Not the name of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostPartError;

impl std::fmt::Display for HostPartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must be one of {}", HostPart::ALL.map(|(name, _)| name).join(", "))
    }
}

impl std::error::Error for HostPartError {}

impl FromStr for HostPart {
    type Err = HostPartError;

    fn from_str(text: &str) -> Result<Self, HostPartError> {
        let part = Self::ALL.into_iter().find(|&(name, _)| name == text);
        part.map(|(_, part)| part).ok_or(HostPartError)
    }
}
