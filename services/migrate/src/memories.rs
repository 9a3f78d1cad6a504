//! Evaluator state of series, stored for the partition that will have the series' records.

use crate::carry::Carried;
use crate::merge::{Item, Standing};
use crate::sides::StoreMigration;
use std::sync::Arc;
use watchkeeper_ports::{Evaluation, EventBus, Memory, Page, PortError, TopicPartition};

/// Entries in one read of one partition.
const PAGE: usize = 1_000;

/// The evaluator state of the series of one partition.
pub(crate) struct Memories<'m> {
    moving: &'m StoreMigration,
    partition: TopicPartition,
    /// The partitions over which it is spread in the destination.
    there: Vec<TopicPartition>,
}

/// The evaluator state of one series, with its partition in the destination.
#[derive(Clone)]
pub(crate) struct Remembered {
    partition: TopicPartition,
    memory: Memory,
}

impl<'m> Memories<'m> {
    pub(crate) fn of(moving: &'m StoreMigration, partition: TopicPartition) -> Self {
        Self { moving, there: vec![partition.clone()], partition }
    }

    /// The bus over whose partitions the state is spread. Dead letters have records of every series: their
    /// state keeps its partition number, as all state does if the bus stays.
    fn spread_over(&self) -> Option<&dyn EventBus> {
        self.moving.new_bus.as_deref().filter(|_| !self.partition.topic.is_dead_letters())
    }

    async fn partitions_of(&self, memories: &[Memory]) -> Result<Vec<TopicPartition>, PortError> {
        let Some(bus) = self.spread_over() else { return Ok(vec![self.partition.clone(); memories.len()]) };
        let placement = bus.placement(&self.partition.topic).await?;
        Ok(memories.iter().map(|memory| placement.partition(memory.series_key.as_bytes())).collect())
    }
}

impl Carried for Memories<'_> {
    type Item = Remembered;

    const BATCH: usize = 5_000;

    async fn look(&mut self) -> Result<(), PortError> {
        if let Some(bus) = self.spread_over() {
            let watermarks = bus.watermarks(&self.partition.topic).await?;
            self.there = watermarks.into_iter().map(|marks| marks.partition).collect();
        }
        Ok(())
    }

    async fn here(&self, after: Option<&Remembered>) -> Result<Vec<Remembered>, PortError> {
        let page = page_after(after);
        let memories = self.moving.stores.here.alerts.memories(&self.partition, &page).await?;
        let partitions = self.partitions_of(&memories).await?;
        let remembered = partitions.into_iter().zip(memories);
        Ok(remembered.map(|(partition, memory)| Remembered { partition, memory }).collect())
    }

    async fn there(&self, after: Option<&Remembered>) -> Result<Vec<Remembered>, PortError> {
        let (page, mut first) = (page_after(after), Vec::new());
        for partition in &self.there {
            let memories = self.moving.stores.there.alerts.memories(partition, &page).await?;
            let of_partition = |memory| Remembered { partition: partition.clone(), memory };
            first.extend(memories.into_iter().map(of_partition));
        }
        Ok(first_of_all(first, PAGE))
    }

    async fn put(&self, lacking: Vec<Remembered>) -> Result<(), PortError> {
        let memories = lacking.into_iter().map(|one| (one.partition, one.memory)).collect();
        let found = Evaluation { memories, ..Evaluation::default() };
        self.moving.stores.there.alerts.store(Arc::new(found)).await
    }
}

/// The first entries over several partitions, given the first `limit` of each. Entries of one series are kept
/// together.
fn first_of_all(mut first: Vec<Remembered>, limit: usize) -> Vec<Remembered> {
    first.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    if let Some(end) = first.get(limit) {
        let end_key = end.memory.series_key.clone();
        first.truncate(first.partition_point(|one| one.memory.series_key < end_key));
    }
    first
}

fn page_after(last: Option<&Remembered>) -> Page {
    Page { after: last.map(|last| last.memory.series_key.clone()), limit: PAGE }
}

impl Item for Remembered {
    type Key<'a> = (&'a str, u32);

    fn key(&self) -> Self::Key<'_> {
        (&self.memory.series_key, self.partition.partition)
    }

    fn standing(&self, there: &Self) -> Standing {
        if self.memory == there.memory { Standing::Same } else { Standing::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchkeeper_ports::Topic;

    fn remembered((series, partition): (u8, u32)) -> Remembered {
        let memory = Memory { series_key: format!("{series:03}"), state: "x".into(), pending: false };
        Remembered { partition: TopicPartition::new(Topic::METRICS, partition), memory }
    }

    proptest! {
        #[test]
        fn page_after_page_gives_what_all_partitions_remember_once_and_in_order(
            all in prop::collection::btree_set((0..30_u8, 0..4_u32), 0..60),
            limit in 4..9_usize,
        ) {
            let of_partition = |partition, after: Option<&Remembered>| {
                let is_next = |one: &Remembered| {
                    one.partition.partition == partition
                        && after.is_none_or(|after| one.memory.series_key > after.memory.series_key)
                };
                all.iter().copied().map(remembered).filter(is_next).take(limit).collect::<Vec<_>>()
            };
            let mut read: Vec<Remembered> = Vec::new();
            loop {
                let first = (0..4).flat_map(|partition| of_partition(partition, read.last())).collect();
                let page = first_of_all(first, limit);
                if page.is_empty() {
                    break;
                }
                read.extend(page);
            }
            let read: Vec<_> =
                read.iter().map(|one| (one.memory.series_key.clone(), one.partition.partition)).collect();
            let expected: Vec<_> = all.iter().map(|(series, partition)| (format!("{series:03}"), *partition)).collect();
            prop_assert_eq!(read, expected);
        }
    }
}
