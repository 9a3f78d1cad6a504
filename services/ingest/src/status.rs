//! The status line: `1,204 samples/s, 3 refused in the last minute`.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use watchkeeper_runtime::{Grouped, per_second};
use watchkeeper_spool::SpoolState;

/// The period over which refused samples are counted.
const REFUSED_OVER: Duration = Duration::from_secs(60);

/// Totals at each report of the last minute.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    reports: VecDeque<Totals>,
}

/// Items since the start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    pub(crate) at: Instant,
    pub(crate) samples: u64,
    pub(crate) events: u64,
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
            samples: per_second(now.samples - last.samples, now.at - last.at),
            events: (now.events > 0).then(|| per_second(now.events - last.events, now.at - last.at)),
            refused: now.refused - self.reports[0].refused,
            spool,
        }
    }
}

/// The status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// Per second.
    samples: u64,
    /// Per second; `None` if there never were any.
    events: Option<u64>,
    refused: u64,
    spool: SpoolState,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.spool != SpoolState::Idle {
            write!(f, "{}; ", self.spool)?;
        }
        write!(f, "{} samples/s", Grouped(self.samples))?;
        if let Some(events) = self.events {
            write!(f, ", {} events/s", Grouped(events))?;
        }
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
        let status = Status { samples: 1_204, events: None, refused: 3, spool: SpoolState::Idle };
        assert_eq!(status.to_string(), "1,204 samples/s, 3 refused in the last minute");
        assert_eq!(Status { refused: 0, ..status }.to_string(), "1,204 samples/s");
        let with_events = Status { events: Some(2_000), ..status };
        assert_eq!(with_events.to_string(), "1,204 samples/s, 2,000 events/s, 3 refused in the last minute");
        let spool = SpoolState::Replaying { waiting: 3_100 };
        let status = Status { refused: 0, spool, ..status };
        assert_eq!(status.to_string(), "forwarding: 3,100 records left; 1,204 samples/s");
    }

    #[test]
    fn the_rate_is_since_the_last_report_and_refusals_are_of_the_last_minute() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut report = |seconds, accepted, refused| {
            let now =
                Totals { at: start + Duration::from_secs(seconds), samples: accepted, events: 0, refused };
            let Status { samples, events, refused, .. } = pace.report(now, SpoolState::Idle);
            assert_eq!(events, None);
            (samples, refused)
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
            let now = Totals {
                at: start + Duration::from_secs(second),
                samples: second,
                events: second,
                refused: 0,
            };
            pace.report(now, SpoolState::Idle);
        }
        assert_eq!(pace.reports.len(), 61);
    }
}
