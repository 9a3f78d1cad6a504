//! Stores evaluations.

use super::{alert, epoch, memory};
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
    alert::put(conn, &evaluation.alerts)
}
