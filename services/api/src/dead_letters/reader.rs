//! Records of dead-letter topics, by id.

use super::READ_RECORDS;
use watchkeeper_ports::{EventBus, PortError, ReceivedBatch, Record};
use watchkeeper_wire::dead_letter::LetterId;

/// Reads records by id; those that lie together are read together.
pub(super) struct Reader<'b> {
    bus: &'b dyn EventBus,
    last: Option<ReceivedBatch>,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bus: &'b dyn EventBus) -> Self {
        Self { bus, last: None }
    }

    /// The record, if its topic still keeps it.
    pub(super) async fn record(&mut self, id: &LetterId) -> Result<Option<Record<'_>>, PortError> {
        if self.find(id).is_none() {
            self.last = Some(self.bus.read(&id.partition, id.offset, READ_RECORDS).await?);
        }
        Ok(self.find(id))
    }

    fn find(&self, id: &LetterId) -> Option<Record<'_>> {
        let batch = self.last.as_ref().filter(|batch| batch.partition == id.partition)?;
        let index = batch.offsets.binary_search(&id.offset).ok()?;
        Some(batch.records.get(index))
    }
}
