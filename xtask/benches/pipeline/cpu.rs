//! The processor's time that processes have had, from proc(5).

use anyhow::Context as _;
use std::fs;
use std::time::Duration;

/// What `stat` counts in: Linux tells programs of 100 ticks a second, whatever its own are.
const TICK: Duration = Duration::from_millis(10);

/// What `/proc/PID/stat` says of a process.
struct Stat {
    parent: u32,
    cpu_time: Duration,
}

/// The time of one process so far.
pub(crate) fn of(pid: u32) -> anyhow::Result<Duration> {
    Ok(stat(pid).with_context(|| format!("process {pid} has ended"))?.cpu_time)
}

/// The time of the children of a process so far; of those that have not ended.
pub(crate) fn of_children(parent: u32) -> anyhow::Result<Duration> {
    let pids = fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = pids.filter_map(stat).filter(|stat| stat.parent == parent);
    Ok(children.map(|stat| stat.cpu_time).sum())
}

/// Whose child a process is.
pub(crate) fn parent(pid: u32) -> anyhow::Result<u32> {
    Ok(stat(pid).with_context(|| format!("process {pid} has ended"))?.parent)
}

fn stat(pid: u32) -> Option<Stat> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in brackets, and may have spaces; the state, field 3, follows it.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    Some(Stat { parent: field(4)?, cpu_time: TICK * (field(14)? + field(15)?) })
}
