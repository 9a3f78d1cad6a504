//! Redundancy and errors of storage.

use super::config::HostConfig;
use super::files::{Roots, field, label, names, optional, read, value};
use super::mdstat;
use super::part::Part;
use super::rate::float;
use crate::readings::Readings;
use crate::target::CollectError;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Instant;

/// Most arrays, pools and file systems of each kind per collection; the rest is skipped.
pub const MAX_ARRAYS: usize = 64;

/// What Btrfs counts per device (btrfs-device(8)).
const BTRFS_ERRORS: [&str; 5] =
    ["write_errs", "read_errs", "flush_errs", "corruption_errs", "generation_errs"];

/// `raid_degraded` and `raid_sync_percent` of Linux's arrays, `pool_degraded` of ZFS, `filesystem_errors` of ext4 and
/// Btrfs.
pub(super) struct Raid(Roots);

impl Part for Raid {
    const NAME: &'static str = "host/raid";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        Ok(Self(config.roots.clone()))
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let Self(Roots { proc, sys }) = self;
        tell_arrays(&optional(&proc.join("mdstat")), readings);
        tell_pools(&proc.join("spl/kstat/zfs"), readings);
        tell_ext4(&sys.join("fs/ext4"), readings);
        tell_btrfs(&sys.join("fs/btrfs"), readings);
        Ok(())
    }
}

fn tell_arrays(mdstat: &[u8], readings: &mut Readings) {
    for array in mdstat::parse(mdstat).into_iter().take(MAX_ARRAYS) {
        let labels = [("array", array.name.as_str())];
        readings.add_count("raid_degraded", "", &labels, array.degraded());
        if let Some(percent) = array.sync_percent {
            readings.add("raid_sync_percent", "percent", &labels, percent);
        }
    }
}

/// A pool is a directory whose file `state` has one word: `ONLINE` if all is well.
fn tell_pools(directory: &Path, readings: &mut Readings) {
    let pools = names(directory).into_iter().filter_map(|pool| {
        let state = read(&directory.join(&pool).join("state")).ok()?;
        Some((label(pool.as_bytes()), state.trim_ascii() != b"ONLINE"))
    });
    for (pool, is_degraded) in pools.take(MAX_ARRAYS) {
        readings.add_count("pool_degraded", "", &[("pool", &pool)], is_degraded.into());
    }
}

/// The errors that `fsck` has not repaired yet.
fn tell_ext4(directory: &Path, readings: &mut Readings) {
    let counts = names(directory).into_iter().filter_map(|device| {
        let errors: u64 = value(&directory.join(&device).join("errors_count"))?;
        Some((label(device.as_bytes()), errors))
    });
    for (device, errors) in counts.take(MAX_ARRAYS) {
        tell_errors("ext4", &device, errors, readings);
    }
}

/// The errors of all devices of a file system, since `btrfs device stats --reset`. It is known by its first device.
fn tell_btrfs(directory: &Path, readings: &mut Readings) {
    let counts = names(directory).into_iter().filter_map(|id| {
        let filesystem = directory.join(id);
        let first = names(&filesystem.join("devices")).into_iter().next()?;
        let devices = filesystem.join("devinfo");
        let stats = names(&devices).into_iter().map(|id| optional(&devices.join(id).join("error_stats")));
        let errors = stats.flat_map(|stats| BTRFS_ERRORS.map(|kind| field(&stats, kind).unwrap_or(0)));
        Some((label(first.as_bytes()), errors.fold(0, u64::saturating_add)))
    });
    for (device, errors) in counts.take(MAX_ARRAYS) {
        tell_errors("btrfs", &device, errors, readings);
    }
}

fn tell_errors(filesystem: &str, device: &str, errors: u64, readings: &mut Readings) {
    let labels = [("device", device), ("filesystem", filesystem)];
    readings.add("filesystem_errors", "", &labels, float(errors));
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown, told};
    use super::*;

    #[test]
    fn a_host_without_any_has_no_series() {
        assert_eq!(shown(&Fixture::new(&[]).read::<Raid>()), [""; 0]);
    }

    #[test]
    fn pools_and_file_systems_say_what_is_wrong() {
        let btrfs = "sys/fs/btrfs/6b5c-44";
        let host = Fixture::new(&[
            ("proc/spl/kstat/zfs/dbgmsg", "x"),
            ("proc/spl/kstat/zfs/tank/state", "ONLINE\n"),
            ("proc/spl/kstat/zfs/old/state", "DEGRADED\n"),
            ("sys/fs/ext4/features/lazy_itable_init", "supported\n"),
            ("sys/fs/ext4/sda1/errors_count", "0\n"),
            ("sys/fs/ext4/sdb1/errors_count", "7\n"),
            ("sys/fs/btrfs/features/raid1c34", "0\n"),
            (&format!("{btrfs}/devices/sdd"), ""),
            (&format!("{btrfs}/devices/sdc"), ""),
            (&format!("{btrfs}/devinfo/1/error_stats"), "write_errs 1\nread_errs 2\nflush_errs x\n"),
            (&format!("{btrfs}/devinfo/2/error_stats"), "corruption_errs 4\ngeneration_errs 0\n"),
        ]);
        assert_eq!(
            shown(&host.read::<Raid>()),
            [
                r#"filesystem_errors{device="sda1",filesystem="ext4"} 0"#,
                r#"filesystem_errors{device="sdb1",filesystem="ext4"} 7"#,
                r#"filesystem_errors{device="sdc",filesystem="btrfs"} 7"#,
                r#"pool_degraded{pool="old"} 1"#,
                r#"pool_degraded{pool="tank"} 0"#
            ]
        );
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let host = Fixture::new(&[]);
        for n in 0..=MAX_ARRAYS {
            host.write(&format!("proc/spl/kstat/zfs/pool{n}/state"), b"ONLINE");
            host.write(&format!("sys/fs/ext4/sd{n}/errors_count"), b"0");
            host.write(&format!("sys/fs/btrfs/{n}/devices/sd{n}"), b"");
        }
        let mdstat: Vec<String> = (0..=MAX_ARRAYS).map(|n| format!("md{n} : inactive sda[0](S)\n")).collect();
        assert_eq!(host.read::<Raid>().len(), 3 * MAX_ARRAYS);
        assert_eq!(told(|readings| tell_arrays(mdstat.concat().as_bytes(), readings)).len(), MAX_ARRAYS);
    }
}
