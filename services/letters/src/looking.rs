//! How far the index has come, and why it does not answer now.

use std::fmt;
use watchkeeper_ports::{PortError, Watermarks};
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::dead_letter::Ledger;

/// How far the dead-letter topics were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records that were read,
    pub read: u64,
    /// of as many.
    pub of: u64,
}

impl Progress {
    pub(crate) fn of(ledger: &Ledger, watermarks: &[Watermarks]) -> Self {
        let read =
            |marks: &Watermarks| ledger.next(&marks.partition).clamp(marks.low, marks.high) - marks.low;
        Self {
            read: watermarks.iter().map(read).sum(),
            of: watermarks.iter().map(|marks| marks.high - marks.low).sum(),
        }
    }
}

/// `41,000 of 110,300 records`
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} records", Grouped(self.read), Grouped(self.of))
    }
}

/// Why there is no answer now. The same question may be answered later.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotNow {
    /// The topics were not read to their ends yet since the process started: which letters wait is not known.
    #[error("the dead-letter topics are being read, as after every start: {0} so far")]
    Reading(Progress),
    /// The bus does not answer.
    #[error(transparent)]
    Bus(#[from] PortError),
}
