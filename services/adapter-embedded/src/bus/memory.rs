//! What the bus's writer keeps beside the file.

use super::ends::Ends;
use super::pack::Packer;
use super::{log, retention};
use crate::EmbeddedOptions;
use crate::sqlite::{Error, Memory};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{RecordBatch, Topic};

/// How long after a look for records that may leave the next one is due, if that found all there were.
const TRIM_INTERVAL: Duration = Duration::from_secs(60);

/// What the bus's writer keeps beside the file.
pub(super) struct BusMemory {
    options: EmbeddedOptions,
    packer: Packer,
    ends: Arc<Ends>,
    grown: Vec<Topic>,
    trim_at: Instant,
}

impl BusMemory {
    pub(super) fn new(options: EmbeddedOptions, ends: Arc<Ends>) -> Result<Self, Error> {
        Ok(Self { options, packer: Packer::new()?, ends, grown: Vec::new(), trim_at: Instant::now() })
    }

    /// Appends a batch whole, or fails.
    pub(super) fn publish(
        &mut self,
        conn: &Connection,
        topic: Topic,
        batch: &RecordBatch,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut log = log::append(conn, &mut self.packer, &topic, batch, now)?;
        let appended_from = log.end - batch.len() as u64;
        retention::make_room(conn, &topic, &mut log, appended_from, &self.options, now)?;
        self.grown.push(topic);
        Ok(())
    }
}

impl Memory for BusMemory {
    /// A topic that has not grown after all does no harm: its end is read from the file.
    fn rolled_back(&mut self) {}

    fn committed(&mut self, conn: &Connection) -> Result<(), Error> {
        while let Some(topic) = self.grown.pop() {
            let log = log::find(conn, &topic)?.unwrap_or_default();
            self.ends.announce(topic, log.end);
        }
        Ok(())
    }

    fn tidy(&mut self, conn: &mut Connection) -> Result<(), Error> {
        if Instant::now() < self.trim_at {
            return Ok(());
        }
        self.trim_at = Instant::now() + TRIM_INTERVAL;
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let more = retention::trim(&transaction, &self.options, Timestamp::now())?;
        transaction.commit()?;
        if more {
            self.trim_at = Instant::now();
        }
        Ok(())
    }
}
