//! File systems on disks.

use super::blocks::{self, Block};
use super::config::HostConfig;
use super::files::{Roots, optional, required};
use super::mounts::{Mount, worth_telling};
use super::part::Part;
use super::usage::{Usage, UsageReader};
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use crate::target::CollectError;
use std::ffi::OsStr;
use std::fs::canonicalize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Instant;

/// `disk_*` and `inodes_used_percent`, with labels `mount` and `filesystem`. Network file systems are not included.
pub(super) struct DiskSpace {
    roots: Roots,
    exclude: Vec<Pattern>,
    usage: UsageReader,
}

impl Part for DiskSpace {
    const NAME: &'static str = "host/disk";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let exclude = config.exclude_disks.clone();
        Ok(Self { roots: config.roots.clone(), exclude, usage: UsageReader::default() })
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let mountinfo = required(&self.roots.proc.join("self/mountinfo"))?;
        let blocks = blocks::parse(&optional(&self.roots.proc.join("diskstats")));
        for mount in worth_telling(&mountinfo, &self.exclude) {
            if let Some(usage) = self.usage.read(&mount.path).filter(|usage| usage.total > 0) {
                tell(&mount, &usage, block_of(&mount, &blocks, &self.roots.sys), readings);
            }
        }
        Ok(())
    }
}

fn tell(mount: &Mount, usage: &Usage, block: Option<&Block>, readings: &mut Readings) {
    let labels = [("mount", mount.label.as_str()), ("filesystem", mount.filesystem.as_str())];
    readings.add_count("disk_total", "bytes", &labels, usage.total);
    readings.add_count("disk_available", "bytes", &labels, usage.available);
    for (name, percent) in
        [("disk_used_percent", usage.used_percent()), ("inodes_used_percent", usage.inodes_used_percent())]
    {
        if let Some(percent) = percent {
            readings.add(name, "percent", &labels, percent);
        }
    }
    readings.add_count("disk_read_only", "", &labels, mount.is_read_only.into());
    if let Some(block) = block {
        readings.add_count("disk_read", "bytes", &labels, block.read_bytes);
        readings.add_count("disk_written", "bytes", &labels, block.written_bytes);
    }
}

/// The device of a mount. A file system of several devices (Btrfs) has a number of its own: it counts as on the one
/// that its mount names.
fn block_of<'b>(mount: &Mount, blocks: &'b [Block], sys: &Path) -> Option<&'b Block> {
    let by_number = blocks.iter().find(|block| block.device == mount.device);
    by_number.or_else(|| {
        let source = Path::new(OsStr::from_bytes(&mount.source));
        let below_dev = source.strip_prefix("/dev").ok()?;
        let name = name_in_dev(source).or_else(|| name_in_sys(below_dev, blocks, sys))?;
        blocks.iter().find(|block| block.name == name)
    })
}

fn name_in_dev(source: &Path) -> Option<String> {
    Some(canonicalize(source).ok()?.file_name()?.to_str()?.to_owned())
}

/// For a process that has a `/dev` of its own without disks (`PrivateDevices=` of systemd).
fn name_in_sys(below_dev: &Path, blocks: &[Block], sys: &Path) -> Option<String> {
    let Ok(mapped) = below_dev.strip_prefix("mapper") else { return Some(below_dev.to_str()?.to_owned()) };
    let is_mapped = |block: &&Block| {
        let name = optional(&sys.join("class/block").join(&block.name).join("dm/name"));
        !name.is_empty() && name.trim_ascii() == mapped.as_os_str().as_bytes()
    };
    Some(blocks.iter().find(is_mapped)?.name.clone())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;

    #[test]
    fn a_mount_point_that_is_not_text_has_series_like_the_others() {
        let host = Fixture::new(&[("proc/diskstats", " 8 1 sda1 2 0 4 0 1 0 6 0 0 0 0 0\n")]);
        let odd = host.path().join(OsStr::from_bytes(b"caf\xe9"));
        std::fs::create_dir(&odd).unwrap();
        let mut mountinfo = b"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n1 1 8:2 / ".to_vec();
        mountinfo.extend(odd.as_os_str().as_bytes());
        mountinfo.extend(b" rw - ext4 /dev/sdb ro\n1 1 8:3 / /no/longer/mounted rw - ext4 /dev/sdc rw\n");
        host.write("proc/self/mountinfo", &mountinfo);
        // Not every file system of a developer has a fixed number of inodes.
        let mut lines = shown(&host.read::<DiskSpace>());
        lines.retain(|line| !line.starts_with("inodes"));
        let of = |mount: &str| lines.iter().filter(|line| line.contains(mount)).count();
        assert_eq!(of(r#"mount="/""#), 6, "{lines:?}");
        assert_eq!(of(r"caf\\xe9"), 4, "{lines:?}");
        assert_eq!(lines.len(), 10, "{lines:?}");
        assert!(lines.contains(&r#"disk_read{filesystem="ext4",mount="/"} 2048 bytes"#.to_owned()));
        assert!(lines.contains(&r#"disk_read_only{filesystem="ext4",mount="/"} 0"#.to_owned()));
    }

    /// The file systems of Btrfs: their numbers are of no device.
    #[test]
    fn the_device_of_a_mount_is_found_by_a_process_that_has_no_disks_in_dev() {
        let host = Fixture::new(&[
            ("sys/class/block/dm-3/dm/name", "vg-srv\n"),
            ("sys/class/block/sdq7/size", "1\n"),
        ]);
        let blocks = blocks::parse(b"8 1 sdq7 1 0 2 0 1 0 2 0 0 0 0 0\n253 3 dm-3 1 0 2 0 1 0 2 0 0 0 0 0\n");
        let of = |source: &str| {
            let mountinfo = format!("1 1 0:40 / /srv rw - btrfs {source} rw\n");
            let mount = worth_telling(mountinfo.as_bytes(), &[]).remove(0);
            block_of(&mount, &blocks, &host.path().join("sys")).map(|block| block.name.clone())
        };
        assert_eq!(of("/dev/sdq7").as_deref(), Some("sdq7"));
        assert_eq!(of("/dev/mapper/vg-srv").as_deref(), Some("dm-3"));
        assert_eq!(of("/dev/mapper/other"), None);
        assert_eq!(of("data"), None);
    }

    #[test]
    fn each_value_is_told_in_its_unit() {
        let mountinfo = b"1 1 8:1 / /srv rw - xfs /dev/sda1 ro\n";
        let usage = Usage { total: 1000, free: 400, available: 200, inodes: 10, free_inodes: 9 };
        let mount = worth_telling(mountinfo, &[]).remove(0);
        let lines = super::super::fixture::told(|readings| tell(&mount, &usage, None, readings));
        assert_eq!(
            lines,
            [
                r#"disk_available{filesystem="xfs",mount="/srv"} 200 bytes"#,
                r#"disk_read_only{filesystem="xfs",mount="/srv"} 1"#,
                r#"disk_total{filesystem="xfs",mount="/srv"} 1000 bytes"#,
                r#"disk_used_percent{filesystem="xfs",mount="/srv"} 75 percent"#,
                r#"inodes_used_percent{filesystem="xfs",mount="/srv"} 10 percent"#
            ]
        );
    }
}
