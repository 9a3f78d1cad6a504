//! Memory usage.

use super::config::HostConfig;
use super::part::Part;
use crate::readings::Readings;
use sysinfo::{Error, System};

/// `memory_*` and `swap_*`. Memory is available if it can be used without swapping; the rest is used.
pub(super) struct Memory(System);

impl Part for Memory {
    const NAME: &'static str = "host/memory";

    fn open(_: &HostConfig) -> Result<Self, Error> {
        System::new().map(Self)
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), Error> {
        let Self(system) = self;
        system.refresh_memory();
        for (name, bytes) in [
            ("memory_total", system.total_memory()),
            ("memory_used", system.used_memory()),
            ("memory_available", system.available_memory()),
            ("swap_total", system.total_swap()),
            ("swap_used", system.used_swap()),
        ] {
            readings.add_count(name, "bytes", &[], bytes);
        }
        Ok(())
    }
}
