//! Stores evaluations.

use super::{alert, epoch, memory, past};
use crate::positions;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::Evaluation;

/// Stores the result and commits the positions, unless the evaluator is fenced.
pub(super) fn store(conn: &Connection, evaluation: &Evaluation) -> Result<(), Error> {
    for epoch in &evaluation.epochs {
        epoch::check(conn, epoch)?;
    }
    for advance in &evaluation.advances {
        positions::advance(conn, advance)?;
    }
    memory::put(conn, &evaluation.memories)?;
    // First, while the stored alerts still have their acknowledgements.
    past::put(conn, evaluation.past.iter().chain(&evaluation.alerts))?;
    alert::put(conn, &evaluation.alerts)
}
