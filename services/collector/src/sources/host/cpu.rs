//! CPU usage.

use super::config::HostConfig;
use super::files::{lines, number, required, words};
use super::part::Part;
use super::rate::percent;
use crate::readings::Readings;
use crate::target::CollectError;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// `cpu_usage` and `cpu_*_percent`: shares of the time since the previous reading, over all CPUs, from 0 to 100 percent.
/// For the first collection, since the part was opened, [`Part::SETTLE`] earlier.
pub(super) struct Cpu {
    stat: PathBuf,
    last: Times,
}

/// What the CPUs have spent their time on since the host started, in ticks. The first eight columns of `/proc/stat`
/// (proc(5)); the others are contained in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Times {
    user: u64,
    nice: u64,
    system: u64,
    idle: u64,
    iowait: u64,
    irq: u64,
    softirq: u64,
    steal: u64,
}

impl Part for Cpu {
    const NAME: &'static str = "host/cpu";
    const SETTLE: Duration = Duration::from_millis(200);

    fn open(config: &HostConfig) -> Result<Self, CollectError> {
        let stat = config.roots.proc.join("stat");
        let last = Times::parse(&required(&stat)?).unwrap_or_default();
        Ok(Self { stat, last })
    }

    fn read(&mut self, readings: &mut Readings, _: Instant) -> Result<(), CollectError> {
        let stat = required(&self.stat)?;
        readings.add_count("cpu_count", "", &[], count(&stat));
        let times = Times::parse(&stat)
            .ok_or_else(|| CollectError::Malformed(format!("{} has no times", self.stat.display())))?;
        for (name, share) in times.since(std::mem::replace(&mut self.last, times)).shares() {
            if let Some(share) = share {
                readings.add(name, "percent", &[], share);
            }
        }
        Ok(())
    }
}

impl Times {
    /// Older kernels have fewer columns.
    fn parse(stat: &[u8]) -> Option<Self> {
        let mut words = words(lines(stat).find(|line| line.starts_with(b"cpu "))?).skip(1);
        let [user, nice, system, idle] = [(); 4].map(|()| number(words.next()?));
        let [iowait, irq, softirq, steal] = [(); 4].map(|()| words.next().and_then(number).unwrap_or(0));
        Some(Self { user: user?, nice: nice?, system: system?, idle: idle?, iowait, irq, softirq, steal })
    }

    /// Some columns may go backwards a little (`iowait`, proc(5)); these count as unchanged.
    fn since(self, last: Self) -> Self {
        Self {
            user: self.user.saturating_sub(last.user),
            nice: self.nice.saturating_sub(last.nice),
            system: self.system.saturating_sub(last.system),
            idle: self.idle.saturating_sub(last.idle),
            iowait: self.iowait.saturating_sub(last.iowait),
            irq: self.irq.saturating_sub(last.irq),
            softirq: self.softirq.saturating_sub(last.softirq),
            steal: self.steal.saturating_sub(last.steal),
        }
    }

    /// The series and their values; none if no time has passed.
    fn shares(self) -> [(&'static str, Option<f64>); 5] {
        let user = self.user.saturating_add(self.nice);
        let system = self.system.saturating_add(self.irq).saturating_add(self.softirq);
        let busy = user.saturating_add(system).saturating_add(self.steal);
        let all = busy.saturating_add(self.idle).saturating_add(self.iowait);
        [
            ("cpu_usage", percent(busy, all)),
            ("cpu_user_percent", percent(user, all)),
            ("cpu_system_percent", percent(system, all)),
            ("cpu_iowait_percent", percent(self.iowait, all)),
            ("cpu_steal_percent", percent(self.steal, all)),
        ]
    }
}

/// How many CPUs are online, by `/proc/stat`.
pub(super) fn count(stat: &[u8]) -> u64 {
    let is_one = |line: &&[u8]| line.starts_with(b"cpu") && line.get(3).is_some_and(u8::is_ascii_digit);
    lines(stat).filter(is_one).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BEFORE: &[u8] = b"cpu  100 0 50 800 40 0 10 0 0 0\ncpu0 50 0 25 400 20 0 5 0 0 0\ncpu1 50 0 25 400 20 0 5 0 0 0\nintr 5\n";
    const AFTER: &[u8] = b"cpu  120 10 60 840 50 0 10 10 7 0\ncpu0 1 1 1 1\n";

    fn shares(before: &[u8], after: &[u8]) -> Vec<Option<f64>> {
        let times = Times::parse(after).unwrap().since(Times::parse(before).unwrap());
        times.shares().into_iter().map(|(_, share)| share).collect()
    }

    #[test]
    fn shares_are_of_the_time_between_two_readings() {
        assert_eq!(shares(BEFORE, AFTER), [50.0, 30.0, 10.0, 10.0, 10.0].map(Some));
        assert_eq!(count(BEFORE), 2);
    }

    #[test]
    fn without_time_between_them_there_is_no_share() {
        assert_eq!(shares(BEFORE, BEFORE), [None; 5]);
    }

    #[test]
    fn a_column_that_goes_backwards_counts_as_unchanged() {
        let after = b"cpu 100 0 60 890 30 0 10 0\n";
        assert_eq!(shares(BEFORE, after), [10.0, 0.0, 10.0, 0.0, 0.0].map(Some));
    }

    #[test]
    fn the_four_columns_of_old_kernels_are_enough() {
        assert_eq!(shares(b"cpu 0 0 0 0\n", b"cpu 1 0 0 3\n")[0], Some(25.0));
        assert_eq!(Times::parse(b"cpu 1 2 3\n"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            count(&bytes);
            Times::parse(&bytes);
        }

        #[test]
        fn a_share_is_from_0_to_100(numbers in proptest::array::uniform16(any::<u64>())) {
            let line = |numbers: &[u64]| {
                let columns: Vec<_> = numbers.iter().map(u64::to_string).collect();
                format!("cpu {}\n", columns.join(" ")).into_bytes()
            };
            let shares = shares(&line(&numbers[..8]), &line(&numbers[8..]));
            prop_assert!(shares.into_iter().flatten().all(|share| (0.0..=100.0).contains(&share)));
        }
    }
}
