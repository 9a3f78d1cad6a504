//! Records of dead-letter topics, by id.

use watchkeeper_ports::{EventBus, PortError, ReceivedBatch, Record};
use watchkeeper_wire::dead_letter::{DeadLetter, LetterId};

/// Reads records by id; those that lie together are read together.
pub struct Reader<'b> {
    bus: &'b dyn EventBus,
    at_once: usize,
    last: Option<ReceivedBatch>,
}

impl<'b> Reader<'b> {
    /// One that reads as many records at once, if the bus gives as many.
    pub fn new(bus: &'b dyn EventBus, at_once: usize) -> Self {
        Self { bus, at_once, last: None }
    }

    /// Reads the record, unless it was read with another.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn load(&mut self, id: &LetterId) -> Result<(), PortError> {
        if self.loaded(id).is_none() {
            // What was read before is dropped first: two batches are twice the memory.
            self.last = None;
            self.last = Some(self.bus.read(&id.partition, id.offset, self.at_once).await?);
        }
        Ok(())
    }

    /// The record that was read, if its topic still keeps it.
    pub fn loaded(&self, id: &LetterId) -> Option<Record<'_>> {
        let batch = self.last.as_ref().filter(|batch| batch.partition == id.partition)?;
        let index = batch.offsets.binary_search(&id.offset).ok()?;
        Some(batch.records.get(index))
    }

    /// The record, if its topic still keeps it.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn record(&mut self, id: &LetterId) -> Result<Option<Record<'_>>, PortError> {
        self.load(id).await?;
        Ok(self.loaded(id))
    }

    /// The letter, unless the topic no longer keeps it or it is none.
    ///
    /// # Errors
    /// Those of [`EventBus::read`].
    pub async fn letter(&mut self, id: &LetterId) -> Result<Option<DeadLetter<'_>>, PortError> {
        Ok(self.record(id).await?.and_then(|record| DeadLetter::read(record).ok()))
    }
}
