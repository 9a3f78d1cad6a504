//! Disk usage and disk I/O.

use super::config::HostConfig;
pub use super::mounts::MAX_DISKS;
use super::mounts::{Mount, worth_telling};
use super::part::Part;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use sysinfo::{Disk, DiskRefreshKind, Disks, Error};

/// `disk_*`, with labels `mount` and `filesystem`. Network file systems are not included.
pub(super) struct DiskSpace {
    disks: Disks,
    exclude: Vec<Pattern>,
}

impl Part for DiskSpace {
    const NAME: &'static str = "host/disk";

    fn open(config: &HostConfig) -> Result<Self, Error> {
        Ok(Self { disks: Disks::new()?, exclude: config.exclude_disks.clone() })
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), Error> {
        self.disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage().with_io_usage());
        for mount in worth_telling(self.disks.iter().filter_map(mount), &self.exclude) {
            let labels = [("mount", mount.path), ("filesystem", mount.filesystem)];
            readings.add_count("disk_total", "bytes", &labels, mount.total);
            readings.add_count("disk_available", "bytes", &labels, mount.available);
            // The kernel counts I/O per device only: a mount without a device has none.
            if mount.read > 0 {
                readings.add_count("disk_read", "bytes", &labels, mount.read);
                readings.add_count("disk_written", "bytes", &labels, mount.written);
            }
        }
        Ok(())
    }
}

/// `None` if a name is not UTF-8, as a label has to be.
fn mount(disk: &Disk) -> Option<Mount<'_>> {
    let usage = disk.usage();
    Some(Mount {
        device: disk.name().to_str()?,
        path: disk.mount_point().to_str()?,
        filesystem: disk.file_system().to_str()?,
        total: disk.total_space(),
        available: disk.available_space(),
        read: usage.total_read_bytes,
        written: usage.total_written_bytes,
    })
}
