//! Processes by name, on request.

use super::config::HostConfig;
use super::files::{field, label, names, number, optional, words};
use super::part::Part;
use super::rate::float;
use crate::readings::Readings;
use crate::sources::pattern::Pattern;
use crate::target::CollectError;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most names that may be asked for.
pub const MAX_PROCESS_NAMES: usize = 64;
/// Most processes that are measured; the rest is only counted.
pub const MAX_PROCESSES: usize = 4096;

/// Ticks per second of CPU time (`USER_HZ`), which is the same on all platforms of Rust's Linux targets.
const TICKS_PER_SECOND: f64 = 100.0;
/// The kernel keeps this many bytes of a name (`TASK_COMM_LEN` without its end).
const MAX_NAME_BYTES: usize = 15;

/// `process_count`, `process_memory` and `process_cpu_percent`, with the label `process`: the pattern.
pub(super) struct Processes {
    proc: PathBuf,
    wanted: Vec<Pattern>,
    read_at: Option<Instant>,
    /// By process: its CPU time at the last reading.
    last_ticks: HashMap<Id, u64>,
}

/// A process by number and start time: numbers are used again.
type Id = (u32, u64);

/// A line of `/proc/PID/stat` (proc(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Process {
    id: Id,
    name: Vec<u8>,
    is_dead: bool,
    /// CPU time, in user and kernel mode.
    ticks: u64,
}

/// The processes of one pattern.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    memory: u64,
    /// Since the last reading.
    ticks: u64,
}

impl Part for Processes {
    const NAME: &'static str = "host/processes";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let (proc, wanted) = (config.roots.proc.clone(), config.processes.clone());
        Ok(Self { proc, wanted, read_at: None, last_ticks: HashMap::new() })
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        let elapsed = self.read_at.replace(now).map(|last| now.saturating_duration_since(last));
        for (pattern, sum) in self.wanted.clone().iter().zip(self.sums()) {
            sum.tell(&pattern.to_string(), elapsed, readings);
        }
        Ok(())
    }
}

impl Processes {
    /// One sum per pattern.
    fn sums(&mut self) -> Vec<Sum> {
        let mut sums = vec![Sum::default(); self.wanted.len()];
        let mut ticks = HashMap::new();
        for number in names(&self.proc).iter().filter_map(|name| name.to_str()) {
            if !number.bytes().all(|digit| digit.is_ascii_digit()) {
                continue;
            }
            let directory = self.proc.join(number);
            let Some(process) = Process::read(&directory) else { continue };
            let name = label(&process.name);
            let mut matching: Vec<&mut Sum> = self
                .wanted
                .iter()
                .zip(&mut sums)
                .filter_map(|(pattern, sum)| pattern.matches(&name).then_some(sum))
                .collect();
            if matching.is_empty() {
                continue;
            }
            let is_measured = ticks.len() < MAX_PROCESSES;
            let memory = if is_measured { memory_of(&directory) } else { 0 };
            let since =
                self.last_ticks.get(&process.id).map_or(0, |last| process.ticks.saturating_sub(*last));
            for sum in &mut matching {
                sum.count += 1;
                sum.memory = sum.memory.saturating_add(memory);
                sum.ticks = sum.ticks.saturating_add(since);
            }
            if is_measured {
                ticks.insert(process.id, process.ticks);
            }
        }
        self.last_ticks = ticks;
        sums
    }
}

impl Process {
    /// `None` if it has ended since it was listed, or is a zombie.
    fn read(directory: &Path) -> Option<Self> {
        let mut process =
            Self::parse(&optional(&directory.join("stat"))).filter(|process| !process.is_dead)?;
        if process.name.len() == MAX_NAME_BYTES {
            process.lengthen(&optional(&directory.join("cmdline")));
        }
        Some(process)
    }

    /// `2967 (cat) R 2924 …`. The name may have any bytes, even parentheses and spaces: it ends at the last one.
    fn parse(stat: &[u8]) -> Option<Self> {
        let open = stat.iter().position(|&byte| byte == b'(')?;
        let close = stat.iter().rposition(|&byte| byte == b')')?;
        let pid = number(stat[..open].trim_ascii())?;
        let name = stat.get(open + 1..close)?.to_owned();
        let fields: Vec<&[u8]> = words(&stat[close + 1..]).collect();
        let at = |index: usize| number::<u64>(fields.get(index)?);
        Some(Self {
            id: (pid, at(19)?),
            name,
            is_dead: matches!(*fields.first()?, b"Z" | b"X" | b"x"),
            ticks: at(11)?.saturating_add(at(12)?),
        })
    }

    /// The name of the program, if the kernel's name is the start of it: `gnome-session-b` of `gnome-session-binary`.
    fn lengthen(&mut self, command_line: &[u8]) {
        let program = command_line.split(|&byte| byte == 0).next().unwrap_or_default();
        let file = program.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        if file.starts_with(&self.name) {
            file.clone_into(&mut self.name);
        }
    }
}

impl Sum {
    fn tell(self, process: &str, elapsed: Option<Duration>, readings: &mut Readings) {
        let labels = [("process", process)];
        readings.add_count("process_count", "", &labels, self.count);
        readings.add_count("process_memory", "bytes", &labels, self.memory);
        if let Some(elapsed) = elapsed.filter(|elapsed| !elapsed.is_zero()) {
            let busy = float(self.ticks) / TICKS_PER_SECOND / elapsed.as_secs_f64();
            readings.add("process_cpu_percent", "percent", &labels, busy * 100.0);
        }
    }
}

/// Resident memory in bytes. Threads of the kernel have none.
fn memory_of(directory: &Path) -> u64 {
    field(&optional(&directory.join("status")), "VmRSS:").unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;
    use proptest::prelude::*;

    fn stat(pid: u32, name: &str, state: char, ticks: u64) -> String {
        format!(
            "{pid} ({name}) {state} 1 1 1 0 -1 4194304 102 0 0 0 {ticks} 0 0 0 20 0 1 0 777 3133440 366 0\n"
        )
    }

    fn host(patterns: &[&str]) -> Fixture {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        Fixture::new(&[("proc/loadavg", "")]).with(|config| config.processes = patterns)
    }

    fn run(host: &Fixture, pid: u32, name: &str, ticks: u64) {
        host.write(&format!("proc/{pid}/stat"), stat(pid, name, 'S', ticks).as_bytes());
        host.write(&format!("proc/{pid}/status"), b"Name: x\nVmRSS:\t    10 kB\n");
    }

    #[test]
    fn processes_of_a_name_are_added_up() {
        let host = host(&["postgres", "ngi*", "absent"]);
        run(&host, 7, "postgres", 0);
        run(&host, 8, "postgres", 100);
        run(&host, 9, "nginx", 5);
        let mut processes = host.open::<Processes>();
        assert_eq!(processes.read().len(), 6, "no CPU usage yet");
        run(&host, 7, "postgres", 500);
        run(&host, 8, "postgres", 600);
        run(&host, 10, "postgres", 9_000);
        assert_eq!(
            shown(&processes.read()),
            [
                r#"process_count{process="absent"} 0"#,
                r#"process_count{process="ngi*"} 1"#,
                r#"process_count{process="postgres"} 3"#,
                r#"process_cpu_percent{process="absent"} 0 percent"#,
                r#"process_cpu_percent{process="ngi*"} 0 percent"#,
                r#"process_cpu_percent{process="postgres"} 100 percent"#,
                r#"process_memory{process="absent"} 0 bytes"#,
                r#"process_memory{process="ngi*"} 10240 bytes"#,
                r#"process_memory{process="postgres"} 30720 bytes"#
            ],
            "what a new process has used before is not of this interval"
        );
    }

    #[test]
    fn a_zombie_and_an_odd_process_are_not_counted() {
        let host = host(&["x*"]);
        host.write("proc/7/stat", stat(7, "x", 'Z', 0).as_bytes());
        host.write("proc/8/stat", b"8 (x");
        host.write("proc/9/stat", b"");
        run(&host, 10, "x) (y\u{fffd}", 0);
        assert_eq!(shown(&host.read::<Processes>())[0], r#"process_count{process="x*"} 1"#);
    }

    #[test]
    fn a_long_name_is_that_of_the_program() {
        let mut process = Process::parse(stat(7, "gnome-session-b", 'S', 0).as_bytes()).unwrap();
        process.lengthen(b"/usr/libexec/gnome-session-binary\0--systemd\0");
        assert_eq!(process.name, b"gnome-session-binary");
        process.lengthen(b"/usr/bin/other\0");
        assert_eq!(process.name, b"gnome-session-binary");
    }

    #[test]
    fn beyond_the_limit_processes_are_only_counted() {
        let host = host(&["x"]);
        for pid in 0..=u32::try_from(MAX_PROCESSES).unwrap() {
            run(&host, pid, "x", 0);
        }
        let memory = MAX_PROCESSES * 10_240;
        assert_eq!(
            shown(&host.read::<Processes>()),
            [
                format!(r#"process_count{{process="x"}} {}"#, MAX_PROCESSES + 1),
                format!(r#"process_memory{{process="x"}} {memory} bytes"#)
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            Process::parse(&bytes);
        }

        #[test]
        fn any_name_is_read(name in proptest::collection::vec(any::<u8>(), 0..15)) {
            let line = stat(7, "@", 'S', 3);
            let (before, after) = line.split_once('@').unwrap();
            let line = [before.as_bytes(), &name, after.as_bytes()].concat();
            prop_assert_eq!(Process::parse(&line).unwrap().name, name);
        }
    }
}
