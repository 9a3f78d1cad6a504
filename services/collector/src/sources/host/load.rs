//! Load averages, uptime and open files.

use super::config::HostConfig;
use super::cpu;
use super::files::{Roots, number, optional, required, words};
use super::part::Part;
use super::rate::{float, percent};
use crate::readings::Readings;
use crate::target::CollectError;
use std::time::Instant;

/// `load_*`, `uptime` and `open_files*`.
pub(super) struct Load(Roots);

impl Part for Load {
    const NAME: &'static str = "host/load";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        Ok(Self(config.roots.clone()))
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let Self(Roots { proc, .. }) = self;
        let cpus = cpu::count(&optional(&proc.join("stat")));
        tell_load(&required(&proc.join("loadavg"))?, cpus, readings);
        if let Some(seconds) = first(&optional(&proc.join("uptime"))) {
            readings.add("uptime", "seconds", &[], f64::floor(seconds));
        }
        tell_files(&optional(&proc.join("sys/fs/file-nr")), readings);
        Ok(())
    }
}

/// `0.29 0.09 0.26 5/108 28417`. The load per CPU is that of five minutes: one minute is too short to be a problem.
fn tell_load(loadavg: &[u8], cpus: u64, readings: &mut Readings) {
    let mut loads = words(loadavg).map(number::<f64>);
    let [one, five, fifteen] = [(); 3].map(|()| loads.next().flatten());
    for (name, load) in [("load_average_1m", one), ("load_average_5m", five), ("load_average_15m", fifteen)] {
        if let Some(load) = load {
            readings.add(name, "", &[], load);
        }
    }
    if let Some(five) = five.filter(|_| cpus > 0) {
        readings.add("load_per_cpu", "", &[], five / float(cpus));
    }
}

/// `700 0 2466186`: allocated, free, the limit, which systemd raises to the largest number.
fn tell_files(file_nr: &[u8], readings: &mut Readings) {
    const UNLIMITED: u64 = i64::MAX.unsigned_abs();
    let mut numbers = words(file_nr).map(number::<u64>);
    let [open, _, limit] = [(); 3].map(|()| numbers.next().flatten());
    let Some(open) = open else { return };
    readings.add_count("open_files", "", &[], open);
    let limit = limit.filter(|&limit| limit < UNLIMITED);
    if let Some(used) = limit.and_then(|limit| percent(open, limit)) {
        readings.add("open_files_used_percent", "percent", &[], used);
    }
}

fn first(line: &[u8]) -> Option<f64> {
    number(words(line).next()?)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::told;
    use super::*;

    #[test]
    fn the_load_per_cpu_is_that_of_five_minutes() {
        assert_eq!(
            told(|readings| tell_load(b"4.00 3.00 2.00 5/108 28417\n", 4, readings)),
            ["load_average_15m{} 2", "load_average_1m{} 4", "load_average_5m{} 3", "load_per_cpu{} 0.75"]
        );
    }

    #[test]
    fn a_load_that_is_no_number_costs_only_itself() {
        assert_eq!(told(|readings| tell_load(b"x\xff 3.00 nan", 0, readings)), ["load_average_5m{} 3"]);
    }

    #[test]
    fn open_files_are_a_share_of_the_limit_if_there_is_one() {
        assert_eq!(
            told(|readings| tell_files(b"700\t0\t2800\n", readings)),
            ["open_files_used_percent{} 25 percent", "open_files{} 700"]
        );
        let unlimited = b"700\t0\t9223372036854775807\n";
        assert_eq!(told(|readings| tell_files(unlimited, readings)), ["open_files{} 700"]);
        assert_eq!(told(|readings| tell_files(b"", readings)), [""; 0]);
    }
}
