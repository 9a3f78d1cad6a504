//! Reads records of dead-letter topics by ID.

use watchkeeper_ports::{EventBus, PortError, ReceivedBatch, Record};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId};

/// Reads records by ID; neighbours are read together.
pub struct Reader<'b> {
    bus: &'b dyn EventBus,
    at_once: usize,
    last: Option<ReceivedBatch>,
}

impl<'b> Reader<'b> {
    /// A reader of up to `at_once` records at a time.
    pub fn new(bus: &'b dyn EventBus, at_once: usize) -> Self {
        Self { bus, at_once, last: None }
    }

    /// Reads the record, unless it was read together with another one.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn load(&mut self, id: &LetterId) -> Result<(), PortError> {
        if self.loaded(id).is_none() {
            // Dropped first: two batches would take twice the memory.
            self.last = None;
            self.last = Some(self.bus.read(&id.partition, id.offset, self.at_once).await?);
        }
        Ok(())
    }

    /// The record read by [`Self::load`], if its topic still retains it.
    pub fn loaded(&self, id: &LetterId) -> Option<Record<'_>> {
        let batch = self.last.as_ref().filter(|batch| batch.partition == id.partition)?;
        let index = batch.offsets.binary_search(&id.offset).ok()?;
        Some(batch.records.get(index))
    }

    /// The record, if its topic still retains it.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn record(&mut self, id: &LetterId) -> Result<Option<Record<'_>>, PortError> {
        self.load(id).await?;
        Ok(self.loaded(id))
    }

    /// The dead letter; `None` if the topic no longer retains it, or it is not a dead letter.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn letter(&mut self, id: &LetterId) -> Result<Option<DeadLetter<'_>>, PortError> {
        Ok(self.record(id).await?.and_then(|record| DeadLetter::read(record).ok()))
    }
}
