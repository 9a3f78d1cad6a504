//! The status line: `6 targets, 2 failing, 41 samples/min`.

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
    samples_per_minute: u64,
    dropped: u64,
    spool: SpoolState,
}

impl Status {
    pub(crate) fn of(metrics: &CollectorMetrics, samples_per_minute: u64, spool: SpoolState) -> Self {
        Self {
            targets: metrics.targets.get().unsigned_abs(),
            failing: metrics.failing.get().unsigned_abs(),
            samples_per_minute,
            dropped: metrics.dropped.get(),
            spool,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [targets, failing, per_minute, dropped] =
            [self.targets, self.failing, self.samples_per_minute, self.dropped].map(Grouped);
        let plural = if self.targets == 1 { "" } else { "s" };
        if self.spool != SpoolState::Idle {
            write!(f, "{}; ", self.spool)?;
        }
        write!(f, "{targets} target{plural}, {failing} failing, {per_minute} samples/min")?;
        if self.dropped > 0 {
            write!(f, ", {dropped} samples dropped")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_reads_at_a_glance() {
        let status =
            Status { targets: 6, failing: 2, samples_per_minute: 41, dropped: 0, spool: SpoolState::Idle };
        assert_eq!(status.to_string(), "6 targets, 2 failing, 41 samples/min");
        let status = Status { targets: 1, dropped: 20_000, ..status };
        assert_eq!(status.to_string(), "1 target, 2 failing, 41 samples/min, 20,000 samples dropped");
        let status = Status { dropped: 0, spool: SpoolState::Replaying { waiting: 3_100 }, ..status };
        assert_eq!(status.to_string(), "forwarding: 3,100 records left; 1 target, 2 failing, 41 samples/min");
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
