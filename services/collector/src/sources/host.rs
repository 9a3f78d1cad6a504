//! The local host: `source="host"`, label `host` is its name. docs/host.md lists the series.
//!
//! Rates are computed here, from the counters of two readings, so that rules need no arithmetic. What a host does not
//! have gives no series. Every file is read as bytes, and an entry that cannot be read costs only itself.

mod blocks;
mod cgroups;
mod clock;
pub(super) mod command;
mod config;
mod cpu;
mod disk;
mod files;
#[cfg(test)]
mod fixture;
mod io;
mod load;
mod mdstat;
mod memory;
mod mounts;
mod network;
mod part;
mod parts;
mod processes;
mod raid;
mod rate;
mod smart;
mod temperature;
#[cfg(test)]
mod tests;
mod units;
mod usage;

pub use cgroups::{CgroupPattern, CgroupPatternError, MAX_CGROUPS};
pub use config::HostConfig;
pub use files::Roots;
pub use io::MAX_DEVICES;
pub use mounts::MAX_DISKS;
pub use network::MAX_INTERFACES;
pub(crate) use part::host_name;
pub use parts::{HostPart, HostPartError};
pub use processes::{MAX_PROCESS_NAMES, MAX_PROCESSES};
pub use raid::MAX_ARRAYS;
pub use smart::MAX_SMART_DISKS;
pub use temperature::MAX_SENSORS;
pub use units::MAX_FAILED_UNITS;

use crate::target::Target;
use part::PartTarget;

impl HostConfig {
    /// The configuration of each target: one part, with nothing but what concerns it.
    pub(crate) fn of_each(&self) -> Vec<Self> {
        let Self { timing, parts, roots, .. } = self;
        let none = Self { timing: *timing, parts: Vec::new(), roots: roots.clone(), ..Self::default() };
        let mut each: Vec<_> = parts.iter().map(|&part| self.of_part(part, none.clone())).collect();
        if !self.processes.is_empty() {
            each.push(Self { processes: self.processes.clone(), ..none.clone() });
        }
        if !self.cgroups.is_empty() {
            each.push(Self { cgroups: self.cgroups.clone(), ..none });
        }
        each
    }

    fn of_part(&self, part: HostPart, none: Self) -> Self {
        let mut of_part = Self { parts: vec![part], ..none };
        match part {
            HostPart::Disk => of_part.exclude_disks.clone_from(&self.exclude_disks),
            HostPart::Io => of_part.exclude_devices.clone_from(&self.exclude_devices),
            HostPart::Network => of_part.exclude_interfaces.clone_from(&self.exclude_interfaces),
            HostPart::Temperature => of_part.exclude_sensors.clone_from(&self.exclude_sensors),
            _ => {}
        }
        of_part
    }

    /// The target of a configuration [of one](Self::of_each).
    pub(crate) fn target(&self) -> Box<dyn Target> {
        match self.parts.first() {
            Some(&part) => self.target_of(part),
            None if self.processes.is_empty() => Box::new(PartTarget::<cgroups::Cgroups>::new(self)),
            None => Box::new(PartTarget::<processes::Processes>::new(self)),
        }
    }

    fn target_of(&self, part: HostPart) -> Box<dyn Target> {
        match part {
            HostPart::Cpu => Box::new(PartTarget::<cpu::Cpu>::new(self)),
            HostPart::Memory => Box::new(PartTarget::<memory::Memory>::new(self)),
            HostPart::Load => Box::new(PartTarget::<load::Load>::new(self)),
            HostPart::Disk => Box::new(PartTarget::<disk::DiskSpace>::new(self)),
            HostPart::Io => Box::new(PartTarget::<io::DiskIo>::new(self)),
            HostPart::Network => Box::new(PartTarget::<network::Network>::new(self)),
            HostPart::Temperature => Box::new(PartTarget::<temperature::Temperature>::new(self)),
            HostPart::Units => Box::new(PartTarget::<units::Units>::new(self)),
            HostPart::Raid => Box::new(PartTarget::<raid::Raid>::new(self)),
            HostPart::Smart => Box::new(PartTarget::<smart::Smart>::new(self)),
            HostPart::Clock => Box::new(PartTarget::<clock::Clock>::new(self)),
        }
    }
}
