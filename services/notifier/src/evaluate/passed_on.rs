//! Samples repartitioned by other members: found in their partitions, and belonging to ours.

use super::place::Place;
use super::{Evaluating, LOOK_EVERY};
use tokio::time::Instant;
use watchkeeper_domain::Timestamp;
use watchkeeper_ports::{PortError, TopicPartition, Watermarks};
use watchkeeper_runtime::consumer::{Consumer as _, Offsets};

impl Evaluating {
    /// Processes repartitioned samples of other members. While they cannot be read, time does not advance.
    pub(super) async fn take_passed_on(&mut self) {
        let obstacle = self.try_take_passed_on().await.err().map(|error| error.to_string());
        if let Some(obstacle) = &obstacle {
            self.partitions.values_mut().for_each(|place| place.inlet_is_read = false);
            if self.obstacle.is_none() {
                // The bus's outage is logged; this says what it means.
                tracing::info!(
                    error = obstacle,
                    "cannot read the samples that other notifiers repartition: evaluation waits"
                );
            }
        }
        self.obstacle = obstacle;
    }

    async fn try_take_passed_on(&mut self) -> Result<(), PortError> {
        if !self.repartition.is_needed() {
            return Ok(());
        }
        let is_replaced = self.look_at <= Instant::now() && self.repartition.is_replaced(&*self.bus).await?;
        for marks in self.bus.watermarks(self.repartition.topic()).await? {
            let home = TopicPartition::new(self.topic.clone(), marks.partition.partition);
            let Some(&Place { inlet, .. }) = self.partitions.get(&home) else { continue };
            if (is_replaced || inlet.taken > marks.high) && !inlet.has_moved() {
                self.begin_inlet_anew(&home, &marks).await?;
            }
            self.take_inlet(&home, &marks).await?;
        }
        if self.look_at <= Instant::now() {
            self.look_at = Instant::now() + LOOK_EVERY;
        }
        Ok(())
    }

    async fn take_inlet(&mut self, home: &TopicPartition, marks: &Watermarks) -> Result<(), PortError> {
        while let Some(place) = self.partitions.get_mut(home) {
            let from = place.inlet.taken.max(marks.low);
            place.inlet_is_read = from >= marks.high;
            if place.inlet_is_read || self.capacity() == 0 {
                break;
            }
            let batch = self.bus.read(&marks.partition, from, self.capacity()).await?;
            let present = Timestamp::now().max(batch.appended_at());
            for (record, offset) in batch.records.iter().zip(&batch.offsets) {
                self.take_record(home, (&marks.partition, *offset), record, present);
            }
            self.taken += batch.records.len();
            if let Some(place) = self.partitions.get_mut(home) {
                place.inlet.taken = batch.next;
            }
            if batch.next <= from {
                break;
            }
        }
        Ok(())
    }

    /// The repartition topic was recreated, or its high watermark is below the position.
    async fn begin_inlet_anew(&mut self, home: &TopicPartition, marks: &Watermarks) -> Result<(), PortError> {
        self.repartition.begin(&*self.bus, &self.topic).await?;
        let stored = self.repartition.position(&self.alerts, home).await?;
        let taken = if stored > marks.high { marks.low } else { stored };
        if let Some(place) = self.partitions.get_mut(home) {
            place.inlet = Offsets { stored, taken };
            place.inlet_is_read = false;
        }
        Ok(())
    }
}
