//! Services and containers by control group (version 2), on request.

use super::config::HostConfig;
use super::files::{field, label, lines, names, number, optional, value, words};
use super::part::Part;
use super::rate::{Rates, percent};
use crate::readings::Readings;
use crate::sources::pattern::{MAX_PATTERN_BYTES, Pattern, PatternError};
use crate::target::CollectError;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Instant;

/// Most control groups per collection; the rest is skipped.
pub const MAX_CGROUPS: usize = 256;

/// A control group by its path below the root, or those in one directory that begin with a text: `system.slice/nginx.service`,
/// `machine.slice/*`, `system.slice/docker-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CgroupPattern {
    directory: PathBuf,
    name: Pattern,
}

/// Not a pattern of control groups.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CgroupPatternError {
    /// Its last part is not a pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// It is no path below the root of control groups.
    #[error(
        "must be a path below /sys/fs/cgroup without \"..\", of at most {MAX_PATTERN_BYTES} bytes, with * only at the end"
    )]
    Path,
}

impl FromStr for CgroupPattern {
    type Err = CgroupPatternError;

    fn from_str(text: &str) -> Result<Self, CgroupPatternError> {
        let (directory, name) = text.rsplit_once('/').unwrap_or(("", text));
        let is_odd = |part: &str| matches!(part, "" | "." | "..") || part.contains('*');
        let is_odd_directory = !directory.is_empty() && directory.split('/').any(is_odd);
        if text.len() > MAX_PATTERN_BYTES
            || is_odd_directory
            || matches!(name, "." | "..")
            || text.starts_with('/')
        {
            return Err(CgroupPatternError::Path);
        }
        Ok(Self { directory: directory.into(), name: name.parse()? })
    }
}

impl CgroupPattern {
    /// The paths of the groups that there are, below `root`.
    fn find(&self, root: &Path) -> impl Iterator<Item = PathBuf> {
        let directory = root.join(&self.directory);
        let matches = move |name: &OsString| self.name.matches(&label(name.as_bytes()));
        let groups = names(&directory).into_iter().filter(matches);
        let paths = groups.map(move |name| self.directory.join(name));
        paths.filter(move |path| root.join(path).join("cgroup.events").is_file())
    }
}

/// `cgroup_*`, with the label `cgroup`: its path below the root.
pub(super) struct Cgroups {
    /// The mount point of version 2: beside version 1, it is called `unified`, and has no controllers.
    root: PathBuf,
    wanted: Vec<CgroupPattern>,
    rates: Rates,
}

impl Part for Cgroups {
    const NAME: &'static str = "host/cgroups";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let root = config.roots.sys.join("fs/cgroup");
        if !root.join("cgroup.controllers").is_file() {
            let reason = format!("control groups of version 2 are not mounted at {}", root.display());
            return Err(CollectError::Unreachable(reason));
        }
        Ok(Self { root, wanted: config.cgroups.clone(), rates: Rates::default() })
    }

    fn read(&mut self, readings: &mut Readings, now: Instant) -> Result<(), CollectError> {
        self.rates.begin(now);
        let groups: BTreeSet<PathBuf> =
            self.wanted.iter().flat_map(|pattern| pattern.find(&self.root)).collect();
        for group in groups.into_iter().take(MAX_CGROUPS) {
            self.tell(&group, readings);
        }
        Ok(())
    }
}

impl Cgroups {
    /// Tells what the group's controllers know. A group that has gone meanwhile has no values.
    fn tell(&mut self, group: &Path, readings: &mut Readings) {
        let file = |name: &str| self.root.join(group).join(name);
        let group = label(group.as_os_str().as_bytes());
        let labels = [("cgroup", group.as_str())];
        if let Some(memory) = value::<u64>(&file("memory.current")) {
            readings.add_count("cgroup_memory", "bytes", &labels, memory);
            // Cached files that nobody reads are given back before the limit is felt.
            let reclaimable = field(&optional(&file("memory.stat")), "inactive_file").unwrap_or(0);
            // `max` if there is no limit.
            let limit = value::<u64>(&file("memory.max"));
            let used = memory.saturating_sub(reclaimable);
            if let Some(used) = limit.and_then(|limit| percent(used, limit)) {
                readings.add("cgroup_memory_used_percent", "percent", &labels, used);
            }
        }
        if let Some(kills) = field(&optional(&file("memory.events")), "oom_kill") {
            readings.add_count("cgroup_oom_kills", "", &labels, kills);
        }
        let busy = field(&optional(&file("cpu.stat")), "usage_usec");
        let io = Io::parse(&optional(&file("io.stat")));
        for (name, unit, count, divisor) in [
            // Microseconds per second.
            ("cgroup_cpu_percent", "percent", busy, 10_000.0),
            ("cgroup_read_rate", "bytes/s", io.map(|io| io.read), 1.0),
            ("cgroup_written_rate", "bytes/s", io.map(|io| io.written), 1.0),
        ] {
            let rate = count.and_then(|count| self.rates.per_second(format!("{group} {name}"), count));
            if let Some(rate) = rate {
                readings.add(name, unit, &labels, rate / divisor);
            }
        }
    }
}

/// What all devices have done for a group, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Io {
    read: u64,
    written: u64,
}

impl Io {
    /// `8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0`, one line per device. `None` if there is
    /// none: then the group has no controller of I/O, or has done nothing.
    fn parse(stat: &[u8]) -> Option<Self> {
        let counts = |line| {
            let of = |key: &[u8]| words(line).find_map(|word| number::<u64>(word.strip_prefix(key)?));
            Some(Self { read: of(b"rbytes=")?, written: of(b"wbytes=")? })
        };
        lines(stat).filter_map(counts).reduce(|all, io| Self {
            read: all.read.saturating_add(io.read),
            written: all.written.saturating_add(io.written),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, shown};
    use super::*;
    use proptest::prelude::*;

    fn group(host: &Fixture, path: &str, files: &[(&str, &str)]) {
        for (name, text) in files.iter().chain([&("cgroup.events", "populated 1\n")]) {
            host.write(&format!("sys/fs/cgroup/{path}/{name}"), text.as_bytes());
        }
    }

    fn host(patterns: &[&str]) -> Fixture {
        let patterns: Vec<CgroupPattern> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let host = Fixture::new(&[("sys/fs/cgroup/cgroup.controllers", "cpu io memory\n")]);
        host.with(|config| config.cgroups = patterns)
    }

    #[test]
    fn a_group_has_what_its_controllers_know() {
        let host = host(&["system.slice/nginx.service"]);
        let stats = |usec: u32, bytes: u32| {
            let io = format!("8:0 rbytes={bytes} wbytes=0 rios=1\n8:16 rbytes=0 wbytes={bytes}\nx\n");
            group(
                &host,
                "system.slice/nginx.service",
                &[
                    ("cpu.stat", &format!("usage_usec {usec}\nuser_usec 1\n")),
                    ("io.stat", &io),
                    ("memory.current", "500\n"),
                    ("memory.stat", "anon 300\ninactive_file 100\n"),
                    ("memory.max", "2000\n"),
                    ("memory.events", "low 0\noom 1\noom_kill 1\n"),
                ],
            );
        };
        stats(0, 0);
        let mut cgroups = host.open::<Cgroups>();
        assert_eq!(cgroups.read().len(), 3, "no rate yet");
        stats(5_000_000, 1_000);
        assert_eq!(
            shown(&cgroups.read()),
            [
                r#"cgroup_cpu_percent{cgroup="system.slice/nginx.service"} 50 percent"#,
                r#"cgroup_memory_used_percent{cgroup="system.slice/nginx.service"} 20 percent"#,
                r#"cgroup_memory{cgroup="system.slice/nginx.service"} 500 bytes"#,
                r#"cgroup_oom_kills{cgroup="system.slice/nginx.service"} 1"#,
                r#"cgroup_read_rate{cgroup="system.slice/nginx.service"} 100 bytes/s"#,
                r#"cgroup_written_rate{cgroup="system.slice/nginx.service"} 100 bytes/s"#
            ]
        );
    }

    #[test]
    fn a_star_finds_the_groups_of_one_directory() {
        let host = host(&["system.slice/docker-*", "user.slice"]);
        for path in
            ["system.slice/docker-1.scope", "system.slice/docker-1.scope/inner", "user.slice", "user.slice/x"]
        {
            group(&host, path, &[("memory.current", "1\n"), ("memory.max", "max\n")]);
        }
        assert_eq!(
            shown(&host.read::<Cgroups>()),
            [
                r#"cgroup_memory{cgroup="system.slice/docker-1.scope"} 1 bytes"#,
                r#"cgroup_memory{cgroup="user.slice"} 1 bytes"#
            ]
        );
    }

    #[test]
    fn there_are_no_more_than_the_limit() {
        let host = host(&["*"]);
        for n in 0..=MAX_CGROUPS {
            group(&host, &n.to_string(), &[("memory.current", "1\n")]);
        }
        assert_eq!(host.read::<Cgroups>().len(), MAX_CGROUPS);
    }

    #[test]
    fn without_version_2_the_error_says_so() {
        let error = Fixture::new(&[]).refused::<Cgroups>();
        assert!(error.contains("control groups of version 2 are not mounted at"), "{error}");
    }

    #[test]
    fn text_that_is_no_path_below_the_root_is_refused() {
        for text in ["/system.slice", "..", "a/../b", "a//b", "a/./b", "a*/b", "", "a/"] {
            assert!(text.parse::<CgroupPattern>().is_err(), "{text}");
        }
        let long = format!("a/{}", "x".repeat(MAX_PATTERN_BYTES));
        assert_eq!(long.parse::<CgroupPattern>(), Err(CgroupPatternError::Path));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_a_good_line_among_them_is_found(
            before in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let all = [before.as_slice(), b"\n8:0 rbytes=1 wbytes=2\n"].concat();
            prop_assert!(Io::parse(&all).is_some());
        }
    }
}
