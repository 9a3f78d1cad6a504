//! Failed units of systemd.
//!
//! `systemctl` is asked rather than D-Bus: a client of D-Bus would be the largest dependency of the collector, for one
//! call a minute; and rather than the files below /run/systemd, which no interface promises.

use super::command;
use super::config::HostConfig;
use super::files::{label, lines, words};
use super::part::Part;
use crate::readings::Readings;
use crate::target::{CollectError, Timing};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most units with a series of their own; `units_failed` counts the others too.
pub const MAX_FAILED_UNITS: usize = 64;

/// The shortest interval: each collection starts a process.
const EVERY_AT_LEAST: Duration = Duration::from_secs(60);
/// There while systemd is the service manager (`sd_booted(3)`).
const BOOTED: &str = "/run/systemd/system";
const LIST_FAILED: [&str; 6] =
    ["list-units", "--state=failed", "--plain", "--no-legend", "--full", "--no-pager"];

/// `units_failed`, and `unit_failed` with the label `unit`. Hosts without systemd have neither.
pub(super) struct Units {
    systemctl: Option<PathBuf>,
    within: Duration,
    failed: FailedUnits,
}

/// The units that fail, or have failed before: these are reported with 0, so that alerts clear.
#[derive(Default)]
struct FailedUnits(BTreeMap<String, bool>);

impl Part for Units {
    const NAME: &'static str = "host/units";

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let systemctl = Path::new(BOOTED).is_dir().then(|| command::find("systemctl")).flatten();
        Ok(Self { systemctl, within: config.timing.timeout(), failed: FailedUnits::default() })
    }

    fn timing(config: &HostConfig) -> Timing {
        config.timing.at_least_every(EVERY_AT_LEAST)
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let Some(systemctl) = &self.systemctl else { return Ok(()) };
        let output = command::run(systemctl, &LIST_FAILED, self.within)?;
        if !output.status.success() {
            let reason = format!("`systemctl {}` ended with {}", LIST_FAILED.join(" "), output.status);
            return Err(CollectError::Unreachable(reason));
        }
        self.failed.tell(&parse(&output.stdout), readings);
        Ok(())
    }
}

impl FailedUnits {
    fn tell(&mut self, failed: &[String], readings: &mut Readings) {
        readings.add_count("units_failed", "", &[], failed.len() as u64);
        for fails in self.0.values_mut() {
            *fails = false;
        }
        for unit in failed {
            if let Some(fails) = self.0.get_mut(unit) {
                *fails = true;
            } else if self.has_room() {
                self.0.insert(unit.clone(), true);
            }
        }
        for (unit, &fails) in &self.0 {
            readings.add_count("unit_failed", "", &[("unit", unit)], fails.into());
        }
    }

    /// A unit that works again gives way to one that fails.
    fn has_room(&mut self) -> bool {
        if self.0.len() < MAX_FAILED_UNITS {
            return true;
        }
        let works = self.0.iter().find(|&(_, &fails)| !fails).map(|(unit, _)| unit.clone());
        works.is_some_and(|unit| self.0.remove(&unit).is_some())
    }
}

/// `nginx.service loaded failed failed A high performance web server`.
fn parse(output: &[u8]) -> Vec<String> {
    lines(output).filter_map(|line| words(line).next()).map(label).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::fixture::told;
    use super::*;

    const TWO: &[u8] = b"nginx.service      loaded failed failed A high performance web server\nsrv-\\x2dx.mount loaded failed failed /srv/-x\n";

    pub(in super::super) fn tell_everything(readings: &mut Readings) {
        FailedUnits::default().tell(&parse(TWO), readings);
    }

    #[test]
    fn failed_units_are_counted_and_named() {
        let failed = parse(TWO);
        assert_eq!(failed, ["nginx.service", r"srv-\x2dx.mount"]);
        assert_eq!(
            told(|readings| FailedUnits::default().tell(&failed, readings)),
            [
                r#"unit_failed{unit="nginx.service"} 1"#,
                r#"unit_failed{unit="srv-\\x2dx.mount"} 1"#,
                "units_failed{} 2"
            ]
        );
    }

    #[test]
    fn a_unit_that_works_again_says_so() {
        let mut units = FailedUnits::default();
        told(|readings| units.tell(&parse(b"a.service loaded failed failed A\n"), readings));
        assert_eq!(
            told(|readings| units.tell(&parse(b""), readings)),
            [r#"unit_failed{unit="a.service"} 0"#, "units_failed{} 0"]
        );
    }

    #[test]
    fn there_are_no_more_than_the_limit_and_what_fails_comes_first() {
        let mut units = FailedUnits::default();
        let failed: Vec<String> = (0..=MAX_FAILED_UNITS).map(|n| format!("{n}.service")).collect();
        let all = told(|readings| units.tell(&failed, readings));
        assert_eq!(all.len(), MAX_FAILED_UNITS + 1);
        assert!(all.contains(&format!("units_failed{{}} {}", MAX_FAILED_UNITS + 1)));
        let other = told(|readings| units.tell(&["new.service".to_owned()], readings));
        assert!(other.contains(&r#"unit_failed{unit="new.service"} 1"#.to_owned()), "{other:?}");
        assert_eq!(other.len(), MAX_FAILED_UNITS + 1);
    }
}
