//! Passes records to the rules.

use super::Evaluating;
use super::loose::Held;
use super::reading::Said;
use watchkeeper_domain::{Sample, Timestamp};
use watchkeeper_ports::{Offset, Record, TopicPartition};

impl Evaluating {
    /// Processes the record at `offset` of `log`, which is a partition or its inlet; `present` is the latest possible
    /// time of the measurement.
    pub(super) fn take_record(
        &mut self,
        partition: &TopicPartition,
        (log, offset): (&TopicPartition, Offset),
        record: Record<'_>,
        present: Timestamp,
    ) {
        match self.reading.read(record, present) {
            Ok(Said::Sample(sample)) => {
                let has_its_key = log == partition && record.key == sample.series.key().as_bytes();
                if has_its_key || !self.repartition.is_needed() {
                    return self.observe(partition, &sample);
                }
                let held = Held { log: log.clone(), offset, partition: partition.clone(), sample };
                if let Some(Held { partition, sample, .. }) = self.loose.hold(held, present) {
                    self.observe(&partition, &sample);
                }
            }
            Ok(Said::Letter { at, reason }) => self.evaluator.observe_letter(partition, at, reason),
            Ok(Said::Copy) => self.metrics.copies.inc(),
            Ok(Said::Nothing) => {}
            Err(_) => self.metrics.undecodable.inc(),
        }
    }

    /// Processes the held samples up to this time.
    pub(super) fn take_loose(&mut self, read_until: Timestamp) {
        while let Some(Held { partition, sample, .. }) = self.loose.next_until(read_until) {
            self.has_taken_loose = true;
            self.observe(&partition, &sample);
        }
    }

    /// Passes a sample to its home partition, or keeps it for the member that has it.
    fn observe(&mut self, partition: &TopicPartition, sample: &Sample) {
        let home = self.repartition.home(sample.series.key());
        if home == partition.partition {
            return self.evaluator.observe(partition, sample);
        }
        self.metrics.repartitioned.inc();
        let home = TopicPartition::new(self.topic.clone(), home);
        if self.partitions.contains_key(&home) {
            self.evaluator.observe(&home, sample);
        } else {
            self.repartition.pass_on(sample);
        }
    }
}
