//! The progress of the index, and why a query fails.

use std::fmt;
use watchkeeper_ports::{OfDependency, PortError, Watermarks};
use watchkeeper_runtime::Grouped;
use watchkeeper_wire::dead_letter::Ledger;

/// The progress of reading the dead-letter topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records read.
    pub read: u64,
    /// Records in total.
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

/// Why a query fails. It may succeed later.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotNow {
    /// The topics have not been read to their ends since the process started: the pending dead letters are not known.
    #[error("reading the dead-letter topics, as after every start: {0} so far")]
    Reading(Progress),
    /// The bus is unavailable.
    #[error(transparent)]
    Bus(#[from] PortError),
}

impl OfDependency for NotNow {
    fn dependency(&self) -> Option<&'static str> {
        match self {
            Self::Reading(_) => None,
            Self::Bus(error) => error.dependency(),
        }
    }
}
