//! The measurements.

use std::fmt;
use std::time::Duration;

/// A count per time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) count: f64,
    pub(crate) took: Duration,
}

impl Counted {
    /// Per second.
    pub(crate) fn rate(&self) -> f64 {
        self.count / self.took.as_secs_f64()
    }
}

/// The result of storing rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// The rows after the first transaction, in the time from the first transaction to the last.
    pub(crate) rows: Counted,
    /// The CPU time meanwhile, of the server and of its client.
    pub(crate) server: Duration,
    pub(crate) client: Duration,
    /// Time to the first row; total time and number of transactions.
    pub(crate) first_after: Duration,
    pub(crate) storing: Duration,
    pub(crate) transactions: f64,
    /// The most memory of the client, where it is a process of its own.
    pub(crate) peak_bytes: Option<u64>,
}

impl Stored {
    pub(crate) fn rate(&self) -> f64 {
        self.rows.rate()
    }
}

impl fmt::Display for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, server, client, first_after, storing, transactions, peak_bytes } = self;
        write!(
            f,
            "{:>8.0} rows/s: {:.2?}, of them {storing:.2?} in {transactions} transactions; processor: \
             PostgreSQL {server:.2?}, client {client:.2?}; the first row after {first_after:.2?}",
            rows.rate(),
            rows.took,
        )?;
        match peak_bytes {
            Some(bytes) => write!(f, "; {} MiB resident at most", bytes >> 20),
            None => Ok(()),
        }
    }
}
