//! Load averages and uptime.

use super::config::HostConfig;
use super::part::Part;
use crate::readings::Readings;
use sysinfo::{Error, System};

/// `load_average_*` and `uptime`.
pub(super) struct Load;

impl Part for Load {
    const NAME: &'static str = "host/load";

    fn open(_: &HostConfig) -> Result<Self, Error> {
        Ok(Self)
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), Error> {
        let load = System::load_average()?;
        readings.add("load_average_1m", "", &[], load.one);
        readings.add("load_average_5m", "", &[], load.five);
        readings.add("load_average_15m", "", &[], load.fifteen);
        readings.add_count("uptime", "seconds", &[], System::uptime()?);
        Ok(())
    }
}
