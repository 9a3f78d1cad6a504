//! CPU time and memory of processes, from proc(5).

use anyhow::Context as _;
use std::fs;
use std::time::Duration;

/// The unit of `stat`: 100 ticks per second in user space, whatever the kernel uses.
const TICK: Duration = Duration::from_millis(10);

/// Fields of `/proc/PID/stat`.
struct Stat {
    parent: u32,
    cpu_time: Duration,
}

/// The CPU time of one process so far.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    Ok(stat(pid).with_context(|| format!("process {pid} has ended"))?.cpu_time)
}

/// The CPU time of the running children of a process so far.
pub(crate) fn cpu_time_of_children(parent: u32) -> anyhow::Result<Duration> {
    let pids = fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = pids.filter_map(stat).filter(|stat| stat.parent == parent);
    Ok(children.map(|stat| stat.cpu_time).sum())
}

/// The most resident memory that a process has had, in bytes.
pub(crate) fn peak_bytes(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    kib.map(|kib: u64| kib << 10).with_context(|| format!("process {pid} has no memory"))
}

/// The parent of a process.
pub(crate) fn parent(pid: u32) -> anyhow::Result<u32> {
    Ok(stat(pid).with_context(|| format!("process {pid} has ended"))?.parent)
}

fn stat(pid: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Field 2, the program name, is in parentheses and may contain spaces; field 3 is the state.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    Some(Stat { parent: field(4)?, cpu_time: TICK * (field(14)? + field(15)?) })
}
