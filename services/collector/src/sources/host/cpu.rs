//! CPU usage.

use super::config::HostConfig;
use super::part::Part;
use crate::readings::Readings;
use std::time::Duration;
use sysinfo::{Error, MINIMUM_CPU_UPDATE_INTERVAL, System};

/// `cpu_usage`: the busy share of the time since the previous reading, over all CPUs, from 0 to 100 percent. For the
/// first collection, since the part was opened, [`Part::SETTLE`] earlier.
pub(super) struct Cpu(System);

impl Part for Cpu {
    const NAME: &'static str = "host/cpu";
    const SETTLE: Duration = MINIMUM_CPU_UPDATE_INTERVAL;

    fn open(_: &HostConfig) -> Result<Self, Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        Ok(Self(system))
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), Error> {
        self.0.refresh_cpu_usage();
        readings.add("cpu_usage", "percent", &[], self.0.global_cpu_usage().into());
        readings.add_count("cpu_count", "", &[], self.0.cpus().len() as u64);
        Ok(())
    }
}
