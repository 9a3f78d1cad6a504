//! The units of `systemd/` agree with each other, with the command line, and with the limits of a process.

use crate::cli::Cli;
use crate::command::LAST_THREADS;
use crate::role::ROLES;
use clap::Parser as _;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use watchkeeper_notifier::NOTIFY_WITHIN;
use watchkeeper_runtime::{MAX_BUSY, STOP_TIMEOUT};

const TEMPLATE: &str = "watchkeeper@.service";
const UP: &str = "watchkeeper-up.service";
const FAILED: &str = "watchkeeper-failed@.service";
const COLLECTOR: &str = "watchkeeper@collector.service.d/host.conf";

/// The assignments of a unit file, each with its section, without comments and empty lines.
fn assignments(file: &str) -> BTreeSet<String> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../systemd", file].iter().collect();
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut section = "";
    let mut assignments = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            section = line;
        } else {
            assignments.insert(format!("{section} {line}"));
        }
    }
    assignments
}

/// What the template has and the other does not, and the other way round.
fn differences(other: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let template = assignments(TEMPLATE);
    (template.difference(other).cloned().collect(), other.difference(&template).cloned().collect())
}

/// The names of the settings that differ.
fn keys(assignments: &[String]) -> BTreeSet<&str> {
    assignments.iter().map(|line| line.split_once('=').unwrap().0).collect()
}

#[test]
fn the_unit_of_all_roles_is_the_template_but_for_its_name_its_size_and_what_the_collector_needs() {
    let up = assignments(UP);
    let (_, added) = differences(&up);
    let collector = assignments(COLLECTOR);
    let own = [
        "[Install] WantedBy",
        "[Service] ExecReload",
        "[Service] ExecStart",
        "[Service] LoadCredential",
        "[Service] MemoryHigh",
        "[Service] MemoryMax",
        "[Service] StateDirectory",
        "[Service] TasksMax",
        "[Unit] Description",
    ];
    let others: Vec<_> = added.iter().filter(|line| !collector.contains(*line)).cloned().collect();
    assert_eq!(keys(&others), BTreeSet::from(own));
    // All that the collector needs, but the address filter: without it there is none to lift.
    let missing: Vec<_> = collector.difference(&up).cloned().collect();
    assert_eq!(missing, ["[Service] IPAddressDeny="]);
    let (removed, _) = differences(&up);
    let of_roles = [
        "[Install] Also=watchkeeper.target",
        "[Service] IPAddressDeny=link-local multicast",
        "[Unit] PartOf=watchkeeper.target",
    ];
    let removed: BTreeSet<_> = removed.iter().map(String::as_str).collect();
    for line in of_roles {
        assert!(removed.contains(line), "{line}");
    }
    let changed: BTreeSet<_> = keys(&added);
    let dropped: Vec<_> = removed
        .iter()
        .filter(|line| !of_roles.contains(line) && !changed.contains(line.split_once('=').unwrap().0))
        .collect();
    assert!(dropped.is_empty(), "{dropped:?}");
}

#[test]
fn the_unit_that_notifies_has_the_sandbox_of_the_template() {
    let failed = assignments(FAILED);
    let (removed, added) = differences(&failed);
    let own = [
        "[Service] ExecStart",
        "[Service] LoadCredential",
        "[Service] MemoryHigh",
        "[Service] MemoryMax",
        "[Service] StateDirectory",
        "[Service] TasksMax",
        "[Service] TimeoutStartSec",
        "[Service] Type",
        "[Unit] Description",
    ];
    assert_eq!(keys(&added), BTreeSet::from(own));
    let of_a_process = [
        "[Install] Also",
        "[Install] WantedBy",
        "[Service] ExecReload",
        "[Service] FileDescriptorStoreMax",
        "[Service] NotifyAccess",
        "[Service] Restart",
        "[Service] RestartPreventExitStatus",
        "[Service] RestartSec",
        "[Service] TimeoutStopSec",
        "[Service] WatchdogSec",
        "[Unit] After",
        "[Unit] OnFailure",
        "[Unit] PartOf",
        "[Unit] StartLimitBurst",
        "[Unit] StartLimitIntervalSec",
    ];
    let removed = keys(&removed);
    let dropped: BTreeSet<_> = removed.difference(&BTreeSet::from(own)).copied().collect();
    assert_eq!(dropped, BTreeSet::from(of_a_process));
}

#[test]
fn every_command_of_a_unit_is_one_that_the_program_has() {
    for (file, instances) in [
        (TEMPLATE, ROLES.iter().map(|role| role.name).collect()),
        (UP, vec![""]),
        (FAILED, vec!["watchkeeper@persister.service", "watchkeeper-up.service"]),
    ] {
        let assignments = assignments(file);
        let commands: Vec<_> = assignments.iter().filter_map(|line| line.split_once("=/usr/bin/")).collect();
        assert!(!commands.is_empty(), "{file}");
        for instance in instances {
            for (_, command) in &commands {
                let command = command.replace("%i", instance);
                let parsed = Cli::try_parse_from(command.split_whitespace());
                assert!(parsed.is_ok(), "{file}: {command}: {}", parsed.unwrap_err());
            }
        }
    }
}

/// A time of a unit, which has one unit: `30s`, `2min`.
fn time(file: &str, key: &str) -> Duration {
    let assignments = assignments(file);
    let value = assignments.iter().find_map(|line| line.strip_prefix(&format!("[Service] {key}="))).unwrap();
    let (number, seconds) =
        value.strip_suffix("min").map_or_else(|| (value.trim_end_matches('s'), 1), |m| (m, 60));
    Duration::from_secs(number.parse::<u64>().unwrap() * seconds)
}

#[test]
fn a_process_is_done_with_what_systemd_waits_for_before_systemd_ends_it() {
    for unit in [TEMPLATE, UP] {
        assert!(MAX_BUSY < time(unit, "WatchdogSec"), "{unit}");
        assert!(STOP_TIMEOUT + LAST_THREADS < time(unit, "TimeoutStopSec"), "{unit}");
    }
    assert!(NOTIFY_WITHIN + LAST_THREADS < time(FAILED, "TimeoutStartSec"));
}
