//! The state that the bus's writer keeps in memory.

use super::assignments::Assignments;
use super::clock::BusClock;
use super::high_watermarks::HighWatermarks;
use super::log;
use super::pack::Packer;
use super::retention::Retention;
use crate::EmbeddedOptions;
use crate::sqlite::{Error, Memory};
use rusqlite::{Connection, TransactionBehavior};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{Offset, RecordBatch, Topic};

/// Pause after a pruning that left nothing to do.
const TRIM_INTERVAL: Duration = Duration::from_secs(60);

/// The state that the bus's writer keeps in memory.
pub(super) struct BusMemory {
    options: EmbeddedOptions,
    packer: Packer,
    high_watermarks: Arc<HighWatermarks>,
    assignments: Arc<Assignments>,
    clock: BusClock,
    /// The high watermarks of topics once the writes since the last commit are durable.
    grown: Vec<(Topic, Offset)>,
    trim_at: Instant,
}

impl BusMemory {
    pub(super) fn new(
        options: EmbeddedOptions,
        high_watermarks: Arc<HighWatermarks>,
        assignments: Arc<Assignments>,
        clock: BusClock,
    ) -> Result<Self, Error> {
        let (packer, grown, trim_at) = (Packer::new()?, Vec::new(), Instant::now());
        Ok(Self { options, packer, high_watermarks, assignments, clock, grown, trim_at })
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
        let now = self.clock.earliest(now);
        let retention = Retention { options: &self.options, assignments: &self.assignments, now };
        retention.make_room(conn, &topic, &mut log, appended_from)?;
        self.grown.push((topic, log.end));
        Ok(())
    }
}

impl Memory for BusMemory {
    /// A failed publish leaves nothing here.
    fn rolled_back(&mut self) {}

    fn all_rolled_back(&mut self) {
        self.grown.clear();
    }

    fn committed(&mut self) {
        for (topic, end) in self.grown.drain(..) {
            self.high_watermarks.announce(topic, end);
        }
    }

    fn tidy(&mut self, conn: &mut Connection) -> Result<(), Error> {
        if Instant::now() < self.trim_at {
            return Ok(());
        }
        self.trim_at = Instant::now() + TRIM_INTERVAL;
        let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = Timestamp::now();
        self.clock.look(&transaction, now)?;
        let now = self.clock.earliest(now);
        let retention = Retention { options: &self.options, assignments: &self.assignments, now };
        let more = retention.trim(&transaction)?;
        transaction.commit()?;
        if more {
            self.trim_at = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::MIGRATIONS;
    use watchkeeper_ports::BatchBuilder;

    fn memory() -> BusMemory {
        let options = EmbeddedOptions::default();
        let clock = BusClock::open(&database(), &options, Timestamp::MIN).unwrap();
        BusMemory::new(options, Arc::default(), Arc::default(), clock).unwrap()
    }

    fn database() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        for step in MIGRATIONS {
            conn.execute_batch(step).unwrap();
        }
        conn
    }

    fn publish(memory: &mut BusMemory, conn: &Connection, topic: &Topic) {
        let mut batch = BatchBuilder::default();
        batch.push(b"key", b"value");
        memory.publish(conn, topic.clone(), &batch.finish(), Timestamp::MIN).unwrap();
    }

    fn announced(memory: &BusMemory, topic: &Topic) -> Offset {
        *memory.high_watermarks.follow(topic).borrow()
    }

    #[test]
    fn a_commit_announces_every_end_and_nothing_does_before() {
        let (mut memory, conn, dead) = (memory(), database(), Topic::METRICS.dead_letters());
        publish(&mut memory, &conn, &Topic::METRICS);
        publish(&mut memory, &conn, &dead);
        publish(&mut memory, &conn, &Topic::METRICS);
        memory.rolled_back();
        assert_eq!(announced(&memory, &Topic::METRICS), 0, "it is not durable yet");
        memory.committed();
        assert_eq!((announced(&memory, &Topic::METRICS), announced(&memory, &dead)), (2, 1));
    }

    #[test]
    fn what_was_rolled_back_is_never_announced() {
        let (mut memory, conn) = (memory(), database());
        publish(&mut memory, &conn, &Topic::METRICS);
        memory.all_rolled_back();
        memory.committed();
        assert_eq!(announced(&memory, &Topic::METRICS), 0);
    }
}
