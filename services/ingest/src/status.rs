//! The status line: `1,204 samples/s, 3 refused in the last minute`.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_runtime::{Grouped, per_second};
use watchkeeper_spool::SpoolState;

/// The period over which refused samples are counted.
const REFUSED_OVER: Duration = Duration::from_secs(60);

/// Sample totals at each report of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    reports: VecDeque<Totals>,
}

/// Samples since the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    pub(crate) at: Instant,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
}

impl Pace {
    /// The status line at the time of `now`, with the totals then.
    pub(crate) fn report(&mut self, now: Totals, spool: SpoolState) -> Status {
        let last = self.reports.back().copied().unwrap_or(now);
        self.reports.push_back(now);
        while now.at - self.reports[0].at > REFUSED_OVER {
            self.reports.pop_front();
        }
        Status {
            per_second: per_second(now.accepted - last.accepted, now.at - last.at),
            refused: now.refused - self.reports[0].refused,
            spool,
        }
    }
}

/// The status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    per_second: u64,
    refused: u64,
    spool: SpoolState,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spool != SpoolState::Idle {
            write!(f, "{}; ", self.spool)?;
        }
        write!(f, "{} samples/s", Grouped(self.per_second))?;
        match self.refused {
            0 => Ok(()),
            refused => write!(f, ", {} refused in the last minute", Grouped(refused)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_reads_at_a_glance() {
        let status = Status { per_second: 1_204, refused: 3, spool: SpoolState::Idle };
        assert_eq!(status.to_string(), "1,204 samples/s, 3 refused in the last minute");
        assert_eq!(Status { refused: 0, ..status }.to_string(), "1,204 samples/s");
        let spool = SpoolState::Replaying { waiting: 3_100 };
        let status = Status { refused: 0, spool, ..status };
        assert_eq!(status.to_string(), "forwarding: 3,100 records left; 1,204 samples/s");
    }

    #[test]
    fn the_rate_is_since_the_last_report_and_refusals_are_of_the_last_minute() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut report = |seconds, accepted, refused| {
            let now = Totals { at: start + Duration::from_secs(seconds), accepted, refused };
            let Status { per_second, refused, .. } = pace.report(now, SpoolState::Idle);
            (per_second, refused)
        };
        assert_eq!(report(0, 100, 5), (0, 0));
        assert_eq!(report(2, 700, 6), (300, 1));
        assert_eq!(report(60, 700, 7), (0, 2));
        assert_eq!(report(62, 700, 7), (0, 1));
        assert_eq!(report(122, 700, 7), (0, 0));
    }

    #[test]
    fn no_more_than_a_minute_of_reports_is_kept() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for second in 0..600 {
            let now = Totals { at: start + Duration::from_secs(second), accepted: second, refused: 0 };
            pace.report(now, SpoolState::Idle);
        }
        assert_eq!(pace.reports.len(), 61);
    }
}
