//! Memory and swap.

use super::config::HostConfig;
use super::files::{field, optional, required};
use super::part::Part;
use super::rate::{Rates, percent};
use crate::readings::Readings;
use crate::target::CollectError;
use std::path::PathBuf;
use std::time::Instant;

/// `/proc/vmstat` counts pages of this size on every common architecture; larger pages make the rates too low, never
/// too high.
const PAGE_BYTES: u64 = 4096;

/// `memory_*`, `swap_*` and `oom_kills`. Memory is available if it can be used without swapping; the rest is used. A
/// host without swap has no `swap_*`.
pub(super) struct Memory {
    proc: PathBuf,
    rates: Rates,
}

impl Part for Memory {
    const NAME: &'static str = "host/memory";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        Ok(Self { proc: config.roots.proc.clone(), rates: Rates::default() })
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        let meminfo = required(&self.proc.join("meminfo"))?;
        self.tell(&meminfo, &optional(&self.proc.join("vmstat")), readings, now)
    }
}

impl Memory {
    fn tell(
        &mut self,
        meminfo: &[u8],
        vmstat: &[u8],
        readings: &mut Readings,
        now: Instant,
    ) -> Result<(), CollectError> {
        let bytes = |key| field(meminfo, key).map(|kib| kib.saturating_mul(1024));
        let (Some(total), Some(available)) = (bytes("MemTotal:"), bytes("MemAvailable:")) else {
            return Err(CollectError::Malformed(
                "/proc/meminfo has no MemTotal or no MemAvailable".to_owned(),
            ));
        };
        let used = total.saturating_sub(available);
        readings.add_count("memory_total", "bytes", &[], total);
        readings.add_count("memory_available", "bytes", &[], available);
        readings.add_count("memory_used", "bytes", &[], used);
        if let Some(used) = percent(used, total) {
            readings.add("memory_used_percent", "percent", &[], used);
        }
        if let Some(kills) = field(vmstat, "oom_kill") {
            readings.add_count("oom_kills", "", &[], kills);
        }
        self.rates.begin(now);
        if let Some(total) = bytes("SwapTotal:").filter(|&total| total > 0) {
            let used = total.saturating_sub(bytes("SwapFree:").unwrap_or(0));
            self.tell_swap(total, used, vmstat, readings);
        }
        Ok(())
    }

    fn tell_swap(&mut self, total: u64, used: u64, vmstat: &[u8], readings: &mut Readings) {
        readings.add_count("swap_total", "bytes", &[], total);
        readings.add_count("swap_used", "bytes", &[], used);
        if let Some(used) = percent(used, total) {
            readings.add("swap_used_percent", "percent", &[], used);
        }
        for (name, key) in [("swap_in_rate", "pswpin"), ("swap_out_rate", "pswpout")] {
            let bytes = field(vmstat, key).map(|pages| pages.saturating_mul(PAGE_BYTES));
            if let Some(rate) = bytes.and_then(|bytes| self.rates.per_second(name.to_owned(), bytes)) {
                readings.add(name, "bytes/s", &[], rate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;

    const MEMINFO: &str = "MemTotal:  1000 kB\nMemFree:  100 kB\nMemAvailable:  250 kB\n";

    #[test]
    fn memory_that_is_not_available_is_used() {
        let host = Fixture::new(&[("proc/meminfo", MEMINFO), ("proc/vmstat", "oom_kill 2\n")]);
        assert_eq!(
            shown(&host.read::<Memory>()),
            [
                "memory_available{} 256000 bytes",
                "memory_total{} 1024000 bytes",
                "memory_used_percent{} 75 percent",
                "memory_used{} 768000 bytes",
                "oom_kills{} 2"
            ],
            "and without swap there is no series of swap"
        );
    }

    #[test]
    fn swap_has_a_share_and_rates() {
        let meminfo = format!("{MEMINFO}SwapTotal: 400 kB\nSwapFree: 300 kB\n");
        let vmstat = |pages: u32| format!("pswpin {pages}\npswpout 0\n");
        let host = Fixture::new(&[("proc/meminfo", &meminfo), ("proc/vmstat", &vmstat(0))]);
        let mut memory = host.open::<Memory>();
        memory.read();
        host.write("proc/vmstat", vmstat(100).as_bytes());
        let swap = |line: &String| line.starts_with("swap");
        assert_eq!(
            shown(&memory.read()).into_iter().filter(swap).collect::<Vec<_>>(),
            [
                "swap_in_rate{} 40960 bytes/s",
                "swap_out_rate{} 0 bytes/s",
                "swap_total{} 409600 bytes",
                "swap_used_percent{} 25 percent",
                "swap_used{} 102400 bytes"
            ]
        );
    }

    #[test]
    fn a_file_without_the_total_is_an_error() {
        let host = Fixture::new(&[("proc/meminfo", "MemTotal: x kB\n")]);
        assert_eq!(
            host.open::<Memory>().error(),
            "unexpected answer: /proc/meminfo has no MemTotal or no MemAvailable"
        );
    }
}
