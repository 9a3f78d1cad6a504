//! Passes records to the rules.

use super::Evaluating;
use super::loose::Held;
use super::reading::Said;
use std::sync::Arc;
use std::time::Duration;
use watchkeeper_domain::{Sample, Series, Timestamp};
use watchkeeper_ports::{Offset, Record, TopicPartition};
use watchkeeper_rules::listened_to;

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
                if let Some(series) = listened_to(&sample.series) {
                    return self.listen(partition, &series, &sample);
                }
                let is_keyed = record.key == sample.series.key().as_bytes();
                let dividend = if log == partition || is_keyed { None } else { dividend(record.key) };
                let is_in_order = (log == partition && is_keyed) || !self.repartition.is_needed();
                if is_in_order && !self.evaluator.rules().is_in_ratios(&sample.series) {
                    return self.observe(partition, &sample);
                }
                if log == partition {
                    self.pass_on_divisor(&sample);
                }
                let held = Held { log: log.clone(), offset, partition: partition.clone(), dividend, sample };
                if let Some(held) = self.loose.hold(held, present) {
                    self.release(&[held]);
                }
            }
            Ok(Said::Letter { at, reason }) => self.evaluator.observe_letter(partition, at, reason),
            Ok(Said::Copy) => self.metrics.copies.inc(),
            Ok(Said::Nothing) => {}
            Err(_) => self.metrics.undecodable.inc(),
        }
    }

    /// Lets time pass for the heartbeats of `series`, whose reports are in the same partition, in order.
    fn listen(&mut self, partition: &TopicPartition, series: &Series, sample: &Sample) {
        if self.repartition.home(series.key()) == partition.partition {
            let listened = Duration::try_from_secs_f64(sample.value).unwrap_or_default();
            let until = sample.collected_at;
            self.evaluator.listen(partition, series, until.minus(listened), until);
        }
    }

    /// Processes the held samples up to this time.
    pub(super) fn take_loose(&mut self, read_until: Timestamp) {
        loop {
            let released = self.loose.next_until(read_until);
            if released.is_empty() {
                return;
            }
            self.has_taken_loose = true;
            self.release(&released);
        }
    }

    /// Processes held samples of one instant: divisors first. Those of series that begin with this instant follow them.
    fn release(&mut self, released: &[Held]) {
        let early: Vec<&Held> = released.iter().filter(|held| !self.divide(held)).collect();
        for held in released.iter().filter(|held| held.dividend.is_none()) {
            self.observe(&held.partition, &held.sample);
        }
        for held in early {
            self.divide(held);
        }
    }

    /// Gives a sample to the series of this member that it divides; returns whether all of them are known.
    fn divide(&mut self, Held { dividend, sample, .. }: &Held) -> bool {
        let dividends: Vec<Series> = match dividend {
            Some(dividend) => vec![Series::clone(dividend)],
            None => self.evaluator.rules().dividends_of(&sample.series).collect(),
        };
        let mut are_known = true;
        for dividend in dividends {
            let home = TopicPartition::new(self.topic.clone(), self.repartition.home(dividend.key()));
            if self.partitions.contains_key(&home) {
                are_known &= self.evaluator.observe_divisor(&home, &dividend, sample);
            }
        }
        are_known
    }

    /// Keeps a sample for the members that have series which it divides. At once, so that it arrives while they still
    /// hold the samples of that time.
    fn pass_on_divisor(&mut self, sample: &Sample) {
        for dividend in self.evaluator.rules().dividends_of(&sample.series) {
            let home = TopicPartition::new(self.topic.clone(), self.repartition.home(dividend.key()));
            if !self.partitions.contains_key(&home) {
                self.repartition.pass_on_divisor(dividend.key(), sample);
            }
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

/// The series that a sample of another member divides: the key of its record.
fn dividend(key: &[u8]) -> Option<Arc<Series>> {
    str::from_utf8(key).ok()?.parse().ok().map(Arc::new)
}
