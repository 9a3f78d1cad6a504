//! Disk I/O by device.

use super::blocks::{self, Block};
use super::config::HostConfig;
use super::files::{Roots, read, required};
use super::part::Part;
use super::rate::Rates;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use crate::target::CollectError;
use std::time::Instant;

/// Most block devices per collection; the rest is skipped.
pub const MAX_DEVICES: usize = 256;

/// Devices that are files, memory, or removable.
const NOT_DISKS: [&str; 5] = ["loop", "ram", "zram", "sr", "fd"];

/// `disk_*_rate` and `disk_busy_percent`, with the label `device`: whole devices, arrays and logical volumes, but no
/// partitions, and none that was never used.
pub(super) struct DiskIo {
    roots: Roots,
    exclude: Vec<Pattern>,
    rates: Rates,
}

impl Part for DiskIo {
    const NAME: &'static str = "host/io";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let exclude = config.exclude_devices.clone();
        Ok(Self { roots: config.roots.clone(), exclude, rates: Rates::default() })
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        let diskstats = required(&self.roots.proc.join("diskstats"))?;
        self.rates.begin(now);
        let devices = blocks::parse(&diskstats).into_iter().filter_map(|block| self.worth_telling(block));
        let devices: Vec<Block> = devices.take(MAX_DEVICES).collect();
        for device in devices {
            self.tell(&device, readings);
        }
        Ok(())
    }
}

impl DiskIo {
    /// The device with its name: a logical volume is known by the name that the administrator gave it.
    fn worth_telling(&self, block: Block) -> Option<Block> {
        let is_used = block.reads > 0 || block.writes > 0;
        let is_numbered = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        let is_disk =
            !NOT_DISKS.iter().any(|&prefix| block.name.strip_prefix(prefix).is_some_and(is_numbered));
        // Slashes of a name are exclamation marks in sysfs.
        let directory = self.roots.sys.join("block").join(block.name.replace('/', "!"));
        if !is_used || !is_disk || !directory.is_dir() {
            return None;
        }
        let volume = read(&directory.join("dm/name")).ok();
        let volume =
            volume.map(|name| super::files::label(name.trim_ascii())).filter(|name| !name.is_empty());
        let name = volume.unwrap_or(block.name);
        let is_excluded = self.exclude.iter().any(|pattern| pattern.matches(&name));
        (!is_excluded).then_some(Block { name, ..block })
    }

    fn tell(&mut self, device: &Block, readings: &mut Readings) {
        let labels = [("device", device.name.as_str())];
        for (name, unit, count) in [
            ("disk_read_rate", "bytes/s", device.read_bytes),
            ("disk_written_rate", "bytes/s", device.written_bytes),
            ("disk_reads_rate", "operations/s", device.reads),
            ("disk_writes_rate", "operations/s", device.writes),
        ] {
            if let Some(rate) = self.rates.per_second(format!("{} {name}", device.name), count) {
                readings.add(name, unit, &labels, rate);
            }
        }
        if let Some(busy) = self.rates.per_second(format!("{} busy", device.name), device.busy_ms) {
            // Milliseconds per second; the kernel counts whole ticks, so that it may be slightly too many.
            readings.add("disk_busy_percent", "percent", &labels, (busy / 10.0).min(100.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;

    fn diskstats(lines: &[(&str, u32)]) -> String {
        let line = |&(name, n): &(&str, u32)| {
            format!(" 8 0 {name} {n} 0 {} 0 {} 0 {n} 0 0 {} 0\n", n * 2, n * 3, n * 10)
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn whole_devices_have_rates_from_the_second_reading_on() {
        let devices = ["sda", "dm-0", "loop0", "zram0", "sdb", "sr0"];
        let all = |n| {
            let mut all: Vec<_> = devices.map(|name| (name, n)).into();
            all.extend([("sda1", n), ("sdc", 0)]);
            diskstats(&all)
        };
        let host = Fixture::new(&[("proc/diskstats", &all(100)), ("sys/block/dm-0/dm/name", "vg-root\n")]);
        for device in devices.into_iter().chain(["sdc"]) {
            host.write(&format!("sys/block/{device}/size"), b"1\n");
        }
        let host = host.with(|config| config.exclude_devices = vec!["sdb".parse().unwrap()]);
        let mut io = host.open::<DiskIo>();
        assert_eq!(shown(&io.read()), [""; 0]);
        host.write("proc/diskstats", all(300).as_bytes());
        assert_eq!(
            shown(&io.read()),
            [
                r#"disk_busy_percent{device="sda"} 20 percent"#,
                r#"disk_busy_percent{device="vg-root"} 20 percent"#,
                r#"disk_read_rate{device="sda"} 20480 bytes/s"#,
                r#"disk_read_rate{device="vg-root"} 20480 bytes/s"#,
                r#"disk_reads_rate{device="sda"} 20 operations/s"#,
                r#"disk_reads_rate{device="vg-root"} 20 operations/s"#,
                r#"disk_writes_rate{device="sda"} 60 operations/s"#,
                r#"disk_writes_rate{device="vg-root"} 60 operations/s"#,
                r#"disk_written_rate{device="sda"} 10240 bytes/s"#,
                r#"disk_written_rate{device="vg-root"} 10240 bytes/s"#
            ]
        );
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let names: Vec<String> = (0..=MAX_DEVICES).map(|n| format!("sd{n}")).collect();
        let all = |n| diskstats(&names.iter().map(|name| (name.as_str(), n)).collect::<Vec<_>>());
        let host = Fixture::new(&[("proc/diskstats", &all(1))]);
        for name in &names {
            host.write(&format!("sys/block/{name}/size"), b"1\n");
        }
        let mut io = host.open::<DiskIo>();
        io.read();
        host.write("proc/diskstats", all(2).as_bytes());
        assert_eq!(io.read().len(), MAX_DEVICES * 5);
    }
}
