//! docs/host.md is what administrators write rules by.

use super::fixture::{Fixture, shown, told};
use super::{
    cgroups, clock, cpu, disk, io, load, memory, network, processes, raid, smart, temperature, units,
};
use crate::sources::host::{
    MAX_ARRAYS, MAX_CGROUPS, MAX_DEVICES, MAX_DISKS, MAX_FAILED_UNITS, MAX_INTERFACES, MAX_PROCESS_NAMES,
    MAX_SENSORS, MAX_SMART_DISKS,
};
use std::collections::BTreeSet;

const DOCS: &str = include_str!("../../../../../docs/host.md");

const DISKSTATS: &str = " 8 0 sda 1 0 2 0 1 0 2 0 0 1 0\n 8 1 sda1 1 0 2 0 1 0 2 0 0 1 0\n";

/// A host that has everything.
fn host() -> Fixture {
    let host = Fixture::new(&[
        ("proc/diskstats", DISKSTATS),
        ("proc/loadavg", "1.00 1.00 1.00 1/1 1\n"),
        ("proc/meminfo", "MemTotal: 9 kB\nMemAvailable: 1 kB\nSwapTotal: 9 kB\nSwapFree: 1 kB\n"),
        ("proc/mdstat", "md0 : active raid1 sda[0]\n  8 blocks [2/1] [U_]\n  resync = 1.0% (1/2)\n"),
        ("proc/net/dev", "eth0: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n"),
        ("proc/self/mountinfo", "1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"),
        ("proc/spl/kstat/zfs/tank/state", "ONLINE\n"),
        ("proc/stat", "cpu  1 1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1 1\n"),
        ("proc/sys/fs/file-nr", "1 0 9\n"),
        ("proc/uptime", "9.00 9.00\n"),
        ("proc/vmstat", "pswpin 1\npswpout 1\noom_kill 1\n"),
        ("proc/7/stat", "7 (x) S 1 1 1 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 1 1 1\n"),
        ("sys/block/sda/size", "9\n"),
        ("sys/class/hwmon/hwmon0/name", "nvme\n"),
        ("sys/class/hwmon/hwmon0/temp1_crit", "9000\n"),
        ("sys/class/hwmon/hwmon0/temp1_input", "1000\n"),
        ("sys/class/net/eth0/operstate", "up\n"),
        ("sys/fs/cgroup/cgroup.controllers", "cpu\n"),
        ("sys/fs/cgroup/x/cgroup.events", "populated 1\n"),
        ("sys/fs/cgroup/x/cpu.stat", "usage_usec 1\n"),
        ("sys/fs/cgroup/x/io.stat", "8:0 rbytes=1 wbytes=1\n"),
        ("sys/fs/cgroup/x/memory.current", "1\n"),
        ("sys/fs/cgroup/x/memory.events", "oom_kill 1\n"),
        ("sys/fs/cgroup/x/memory.max", "9\n"),
        ("sys/fs/ext4/sda1/errors_count", "1\n"),
    ]);
    host.with(|config| {
        config.cgroups = vec!["x".parse().unwrap()];
        config.processes = vec!["x".parse().unwrap()];
    })
}

/// The series of a part, from two readings.
fn series<P: super::part::Part>(host: &Fixture) -> Vec<String> {
    let mut part = host.open::<P>();
    host.write("proc/stat", b"cpu  9 9 9 9 9 9 9 9\ncpu0 9 9 9 9 9 9 9 9\n");
    let mut all = shown(&part.read());
    all.extend(shown(&part.read()));
    all
}

/// `name unit` of every series that there can be.
fn emitted() -> BTreeSet<String> {
    let host = host();
    let parts = [
        series::<cpu::Cpu>(&host),
        series::<memory::Memory>(&host),
        series::<load::Load>(&host),
        series::<disk::DiskSpace>(&host),
        series::<io::DiskIo>(&host),
        series::<network::Network>(&host),
        series::<temperature::Temperature>(&host),
        series::<raid::Raid>(&host),
        series::<processes::Processes>(&host),
        series::<cgroups::Cgroups>(&host),
        told(clock::tests::tell_everything),
        told(smart::tests::tell_everything),
        told(units::tests::tell_everything),
    ];
    let name_and_unit = |line: String| {
        let (name, rest) = line.split_once('{').unwrap();
        let unit = rest.rsplit_once("} ").unwrap().1.split_once(' ').map_or("", |(_, unit)| unit);
        format!("{name} {unit}")
    };
    parts.into_iter().flatten().map(name_and_unit).collect()
}

/// The same, of the tables.
fn documented() -> BTreeSet<String> {
    let rows = DOCS.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let name = cells.next()?.trim().trim_end_matches('`');
        Some(format!("{name} {}", cells.next()?.trim()))
    });
    rows.collect()
}

#[test]
fn the_documentation_lists_every_series_with_its_unit_and_no_other() {
    let (emitted, mut documented) = (emitted(), documented());
    if !emitted.contains("inodes_used_percent percent") {
        // The file system of the machine that runs the test may have no limit of inodes.
        documented.remove("inodes_used_percent percent");
    }
    assert_eq!(emitted, documented);
}

#[test]
fn the_documentation_has_the_limits() {
    let limits = [
        (MAX_DISKS, "file systems"),
        (MAX_DEVICES, "devices"),
        (MAX_INTERFACES, "interfaces"),
        (MAX_SENSORS, "sensors"),
        (MAX_ARRAYS, "arrays"),
        (MAX_ARRAYS, "pools"),
        (MAX_FAILED_UNITS, "failed units"),
        (MAX_SMART_DISKS, "disks with"),
        (MAX_PROCESS_NAMES, "names of processes"),
        (MAX_CGROUPS, "control groups"),
    ];
    for (limit, what) in limits {
        assert!(DOCS.replace('\n', " ").contains(&format!("{limit} {what}")), "{limit} {what}");
    }
}
