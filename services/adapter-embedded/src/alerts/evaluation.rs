//! What a round of evaluation found.

use super::{alert, memory};
use crate::positions;
use crate::sqlite::Error;
use rusqlite::Connection;
use watchkeeper_ports::Evaluation;

/// Moves the positions and stores what was found.
pub(super) fn store(conn: &Connection, evaluation: &Evaluation) -> Result<(), Error> {
    for advance in &evaluation.advances {
        positions::advance(conn, advance)?;
    }
    memory::put(conn, &evaluation.memories)?;
    alert::put(conn, &evaluation.alerts)
}
