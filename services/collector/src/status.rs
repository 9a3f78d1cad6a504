//! The status line: `15 of 17 targets collected, 41 samples/min; 7 of 11 sites down`.

use crate::metrics::CollectorMetrics;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_runtime::Grouped;
use watchkeeper_spool::SpoolState;

/// How often the line is written.
pub(crate) const REPORT_EVERY: Duration = Duration::from_secs(2);
/// The period over which samples are counted: a shorter one would fluctuate with the intervals.
const RATE_OVER: Duration = Duration::from_secs(60);

/// The samples published during the last minute.
#[derive(Default)]
pub(crate) struct Rate {
    /// Time and total of each report of the last minute.
    totals: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Given the total at `now`.
    pub(crate) fn per_minute(&mut self, now: Instant, total: u64) -> u64 {
        self.totals.push_back((now, total));
        while self.totals.len() > 1 && now - self.totals[0].0 > RATE_OVER {
            self.totals.pop_front();
        }
        total - self.totals[0].1
    }
}

/// The figures of the status line.
pub(crate) struct Status {
    targets: u64,
    failing: u64,
    sites: u64,
    sites_down: u64,
    unprobed: u64,
    samples_per_minute: u64,
    dropped: u64,
    spool: SpoolState,
}

impl Status {
    pub(crate) fn of(metrics: &CollectorMetrics, samples_per_minute: u64, spool: SpoolState) -> Self {
        Self {
            targets: metrics.targets.get().unsigned_abs(),
            failing: metrics.failing.get().unsigned_abs(),
            sites: metrics.sites.get().unsigned_abs(),
            sites_down: metrics.sites_down.get().unsigned_abs(),
            unprobed: metrics.unprobed.get().unsigned_abs(),
            samples_per_minute,
            dropped: metrics.dropped.get(),
            spool,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spool != SpoolState::Idle {
            write!(f, "{}; ", self.spool)?;
        }
        let collected = Share { part: self.targets.saturating_sub(self.failing), whole: self.targets };
        write!(f, "{collected} {} collected, ", plural("target", self.targets))?;
        write!(f, "{} samples/min", Grouped(self.samples_per_minute))?;
        if self.dropped > 0 {
            write!(f, ", {} samples dropped", Grouped(self.dropped))?;
        }
        let sites = plural("site", self.sites);
        if self.sites_down > 0 {
            write!(f, "; {} {sites} down", Share { part: self.sites_down, whole: self.sites })?;
        } else if self.sites > 0 {
            write!(f, "; {} {sites} up", Grouped(self.sites))?;
        }
        if self.unprobed > 0 {
            write!(f, "; cannot probe {} {}", Grouped(self.unprobed), plural("site", self.unprobed))?;
        }
        Ok(())
    }
}

/// `15 of 17`, or `17` for all.
struct Share {
    part: u64,
    whole: u64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.part != self.whole {
            write!(f, "{} of ", Grouped(self.part))?;
        }
        write!(f, "{}", Grouped(self.whole))
    }
}

fn plural(noun: &str, count: u64) -> String {
    format!("{noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: Status = Status {
        targets: 6,
        failing: 0,
        sites: 0,
        sites_down: 0,
        unprobed: 0,
        samples_per_minute: 41,
        dropped: 0,
        spool: SpoolState::Idle,
    };

    #[test]
    fn the_line_reads_at_a_glance() {
        assert_eq!(STATUS.to_string(), "6 targets collected, 41 samples/min");
        let status = Status { failing: 2, ..STATUS };
        assert_eq!(status.to_string(), "4 of 6 targets collected, 41 samples/min");
        let status = Status { targets: 1, dropped: 20_000, ..STATUS };
        assert_eq!(status.to_string(), "1 target collected, 41 samples/min, 20,000 samples dropped");
        let status = Status { spool: SpoolState::Replaying { waiting: 3_100 }, ..STATUS };
        assert_eq!(status.to_string(), "forwarding: 3,100 records left; 6 targets collected, 41 samples/min");
    }

    #[test]
    fn targets_that_were_collected_are_not_mistaken_for_sites_that_are_up() {
        let status = Status { targets: 17, sites: 11, sites_down: 7, ..STATUS };
        assert_eq!(status.to_string(), "17 targets collected, 41 samples/min; 7 of 11 sites down");
        let status = Status { sites: 1, sites_down: 1, ..STATUS };
        assert_eq!(status.to_string(), "6 targets collected, 41 samples/min; 1 site down");
        let status = Status { sites: 2, ..STATUS };
        assert_eq!(status.to_string(), "6 targets collected, 41 samples/min; 2 sites up");
        let status = Status { sites: 1, unprobed: 2, ..STATUS };
        let line = "6 targets collected, 41 samples/min; 1 site up; cannot probe 2 sites";
        assert_eq!(status.to_string(), line);
    }

    #[test]
    fn the_rate_is_that_of_the_last_minute() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        for second in 0..600_u64 {
            let shown = rate.per_minute(start + Duration::from_secs(second), second * 3);
            assert_eq!(shown, second.min(60) * 3);
        }
        assert_eq!(rate.totals.len(), 61);
    }
}
