//! The local host: `source="host"`, label `host` is its name.
//!
//! Units are `bytes`, `percent` and `seconds`. Bytes read, written, received and transmitted are counters
//! since the host started; all other values are as of the sample's time.

mod config;
mod cpu;
mod disk;
mod load;
mod memory;
mod mounts;
mod network;
mod part;

pub use config::HostConfig;
pub use disk::MAX_DISKS;
pub use network::MAX_INTERFACES;

use crate::target::Target;
use part::PartTarget;

impl HostConfig {
    /// One target per part of the host.
    pub(crate) fn targets(self) -> [Box<dyn Target>; 5] {
        [
            Box::new(PartTarget::<cpu::Cpu>::new(&self)),
            Box::new(PartTarget::<memory::Memory>::new(&self)),
            Box::new(PartTarget::<load::Load>::new(&self)),
            Box::new(PartTarget::<disk::DiskSpace>::new(&self)),
            Box::new(PartTarget::<network::Network>::new(&self)),
        ]
    }
}
